import Glibc

/// Whether anybody still reads what is written to a descriptor.
enum OutputGone {
  /// True for a pipe or socket whose other end is closed.
  static func isTrue(of descriptor: Int32) -> Bool {
    var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&state, 1, 0) > 0 && state.revents & Int16(POLLERR) != 0
  }
}
