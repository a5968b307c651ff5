#pragma once
#include <stdint.h>

/// One descriptor that became ready.
typedef struct {
  /// EPOLLIN, EPOLLOUT, ... bits.
  uint32_t events;
  /// What csys_epoll_set was given for the descriptor.
  uint64_t data;
} csys_epoll_event;

/// EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP, EPOLLET, EPOLLONESHOT as plain numbers.
#define CSYS_EPOLLIN 0x001u
#define CSYS_EPOLLOUT 0x004u
#define CSYS_EPOLLERR 0x008u
#define CSYS_EPOLLHUP 0x010u
#define CSYS_EPOLLRDHUP 0x2000u
#define CSYS_EPOLLONESHOT 0x40000000u
#define CSYS_EPOLLET 0x80000000u

/// A new epoll descriptor, closed on exec.
int32_t csys_epoll_create(void);

/// op: 1 add, 2 delete, 3 modify.
int32_t csys_epoll_set(int32_t ep, int32_t op, int32_t fd, uint32_t events, uint64_t data);

/// Waits up to timeout_ms (-1: for ever) and gives the number of events written to out; 0 after an interrupted wait or a
/// timeout. At most 256 events are given at once, whatever max says.
int32_t csys_epoll_wait(int32_t ep, csys_epoll_event *out, int32_t max, int32_t timeout_ms);

/// A new eventfd, nonblocking and closed on exec, at zero.
int32_t csys_eventfd(void);
