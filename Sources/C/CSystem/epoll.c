#define _GNU_SOURCE
#include "csys_epoll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

_Static_assert(CSYS_EPOLLIN == EPOLLIN && CSYS_EPOLLOUT == EPOLLOUT && CSYS_EPOLLERR == EPOLLERR, "epoll bits");
_Static_assert(CSYS_EPOLLHUP == EPOLLHUP && CSYS_EPOLLRDHUP == EPOLLRDHUP, "epoll bits");
_Static_assert(CSYS_EPOLLONESHOT == EPOLLONESHOT && CSYS_EPOLLET == EPOLLET, "epoll bits");

enum { most_events = 256 };

int32_t csys_epoll_create(void) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int32_t csys_epoll_set(int32_t ep, int32_t op, int32_t fd, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data = {.u64 = data}};
  return epoll_ctl(ep, op, fd, &event) < 0 ? -errno : 0;
}

int32_t csys_epoll_wait(int32_t ep, csys_epoll_event *out, int32_t max, int32_t timeout_ms) {
  // The kernel's struct is packed on x86_64, so the events are copied instead of handed through.
  struct epoll_event events[most_events];
  int count = epoll_wait(ep, events, max < most_events ? max : most_events, timeout_ms);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    out[i].events = events[i].events;
    out[i].data = events[i].data.u64;
  }
  return count;
}

int32_t csys_eventfd(void) {
  int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}
