import CSystem
import Glibc

/// A child process that must be waited for once.
final class RunningProcess {
  private let pid: Int32
  /// Becomes readable when the process has ended; nil on kernels without such descriptors.
  private let ending: SharedDescriptor?
  private var isReaped = false
  /// The exit status once `hasEnded`; 128 and the signal's number after a signal.
  private(set) var status: Int32 = 0

  init(_ arguments: [String], _ environment: [String]?, input: Int32, output: Int32, error: Int32) throws {
    let started = withCStrings(arguments) { argv in
      guard let environment else { return csys_spawn(argv, csys_environment(), input, output, error) }
      return withCStrings(environment) { csys_spawn(argv, $0, input, output, error) }
    }
    guard started > 0 else { throw SubprocessError(.cannotStart, arguments, errno: -started) }
    pid = started
    let descriptor = csys_pidfd(started)
    ending = descriptor < 0 ? nil : SharedDescriptor(Descriptor(owning: descriptor), path: [])
  }

  deinit { kill() }

  /// Looks whether the process has ended, and takes its status if so.
  func hasEnded() -> Bool {
    if !isReaped { reap(WNOHANG) }
    return isReaped
  }

  /// Ends the whole process group at once.
  func kill() {
    if isReaped { return }
    _ = Glibc.kill(-pid, SIGKILL)
    reap(0)
  }

  private func reap(_ options: Int32) {
    var word: Int32 = 0
    var result: pid_t
    repeat { result = waitpid(pid, &word, options) } while result < 0 && errno == EINTR
    if result == 0 { return }
    isReaped = true
    status = word & 0x7F == 0 ? (word >> 8) & 0xFF : 128 + (word & 0x7F)
  }

  /// Sleeps until one of the pipes has something, the process has ended, or the time is up.
  func waitForNews(_ output: Pipe, _ error: Pipe, atMost time: Duration) {
    var watched = [pollfd(fd: output.pollable, events: Int16(POLLIN), revents: 0)]
    watched.append(pollfd(fd: error.pollable, events: Int16(POLLIN), revents: 0))
    watched.append(pollfd(fd: ending?.raw ?? -1, events: Int16(POLLIN), revents: 0))
    let milliseconds = min(60_000, time.components.seconds * 1000 + time.components.attoseconds / 1_000_000_000_000_000 + 1)
    _ = poll(&watched, nfds_t(watched.count), Int32(ending == nil ? min(milliseconds, 20) : milliseconds))
  }
}

/// A pipe whose read end stays here.
final class Pipe {
  private let readEnd: Int32
  private(set) var writeEnd: Int32
  private var hasEnded = false

  init(_ arguments: [String]) throws {
    var ends: (Int32, Int32) = (-1, -1)
    let result = csys_pipe(&ends.0, &ends.1)
    guard result == 0 else { throw SubprocessError(.cannotStart, arguments, errno: -result) }
    (readEnd, writeEnd) = ends
    _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
  }

  deinit {
    close(readEnd)
    closeWriteEnd()
  }

  func closeWriteEnd() {
    if writeEnd >= 0 { close(writeEnd) }
    writeEnd = -1
  }

  /// What to poll; -1 (which poll passes over) after the end.
  var pollable: Int32 { hasEnded ? -1 : readEnd }

  /// Takes some of what is there, keeping `limit` bytes in all and dropping the rest.
  /// - Returns: whether nothing is left there for now.
  func read(into bytes: inout [UInt8], keeping limit: Int) -> Bool {
    if hasEnded { return true }
    var count = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, used in
      repeat { count = Glibc.read(readEnd, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
      used = max(0, count)
    }
    if count == 0 || (count < 0 && errno != EAGAIN) { hasEnded = true }
    bytes.append(contentsOf: chunk.prefix(max(0, limit - bytes.count)))
    return count <= 0
  }
}

extension Subprocess.Environment {
  /// `NAME=value` for all; nil for what this process has.
  var strings: [String]? {
    switch self {
    case .inherited: return nil
    case .exactly(let values): return values.map { "\($0.key)=\($0.value)" }
    case .adding(let values):
      var all: [String] = []
      var next = csys_environment()
      while let entry = next?.pointee {
        let text = String(cString: entry)
        if values[String(text.prefix { $0 != "=" })] == nil { all.append(text) }
        next = next?.successor()
      }
      return all + values.map { "\($0.key)=\($0.value)" }
    }
  }
}

/// Runs `body` with a null-terminated array of C strings.
private func withCStrings<Result>(_ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result) -> Result {
  var pointers = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  pointers.append(nil)
  return body(pointers)
}
