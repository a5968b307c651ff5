#define _GNU_SOURCE
#include "csys_time.h"

#include <time.h>

int64_t csys_now(int32_t *nanoseconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *nanoseconds = (int32_t)now.tv_nsec;
  return now.tv_sec;
}
