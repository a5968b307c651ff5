import Glibc

/// A shell that waits for this process to end and then runs a command, however the process ended.
///
/// It waits at one end of a socket whose other end only this process has: a death closes that, with no chance to miss it and no number
/// of a process that could be another's by then.
final class ServiceWatchdog: Sendable {
  private let end: Int32

  /// - Parameter command: run by `bash` when this process is gone without having called `dismiss`.
  init(whenThisProcessDies command: String) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
      end = -1
      return
    }
    for descriptor in ends { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    end = ends[1]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    for output in [Int32(1), 2] { posix_spawn_file_actions_addopen(&actions, output, "/dev/null", O_WRONLY, 0) }
    // A session of its own: what interrupts this process from the keyboard must not end the watchdog with it.
    var words: [UnsafeMutablePointer<CChar>?] = []
    for word in ["setsid", "--fork", "bash", "-c", "read -r word || { \(command); }"] { words.append(strdup(word)) }
    words.append(nil)
    defer { words.forEach { free($0) } }
    var process: pid_t = 0
    let failed = posix_spawnp(&process, "setsid", &actions, nil, words, environ)
    close(ends[0])
    // The shell is the child of a child that has ended: nobody here has to wait for it. One that ended and was not waited for would keep
    // the test library, which looks for any child that has ended, from ever seeing the end of its own.
    var status: Int32 = 0
    if failed == 0 { while waitpid(process, &status, 0) < 0, errno == EINTR {} }
  }

  /// Ends the watch; the command is not run.
  func dismiss() {
    guard end >= 0 else { return }
    _ = "done\n".withCString { send(end, $0, 5, Int32(MSG_NOSIGNAL)) }
  }

  deinit { if end >= 0 { close(end) } }
}
