import Glibc
import Markup

/// How a program ended, and what it said and used.
struct Outcome: Sendable {
  /// The exit code; 128 and the number for a signal, as a shell has it.
  let code: Int32
  /// What it wrote to standard output.
  let output: String
  /// What it wrote to standard error.
  let errors: String
  /// The most memory it held, in bytes.
  let peakMemory: Int

  /// The object of `--json`.
  var json: JSONValue { get throws { try JSONValue.parse(Array(output.utf8)) } }

  /// A count of the final object; -1 where it is missing, so that a comparison fails.
  func count(_ name: String) throws -> Int64 { try json[name]?.integerValue ?? -1 }

  /// How many requests of each class were made, without those that were not.
  var requests: [String: Int64] {
    get throws {
      let members = try json["requests"]?.objectValue?.members ?? []
      return Dictionary(members.map { ($0.key, $0.value.integerValue ?? -1) }, uniquingKeysWith: +).filter { $0.value != 0 }
    }
  }

  /// Everything it said, for messages of failing tests.
  var said: String { "ended with \(code)\n--- output\n\(output)\n--- errors\n\(errors)" }
}

/// A signal that is sent to a program while it runs.
struct Interruption: Sendable {
  let signal: Int32
  let delay: Duration
  /// The delay counts from the first moment at which this holds: how long a program takes to start depends on the machine.
  var begin: @Sendable () -> Bool = { true }

  static func kill(after delay: Duration) -> Interruption { Interruption(signal: SIGKILL, delay: delay) }

  static func controlC(after delay: Duration, from begin: @escaping @Sendable () -> Bool) -> Interruption {
    Interruption(signal: SIGINT, delay: delay, begin: begin)
  }
}

/// Runs programs and waits for them without holding one of the few threads that tests share.
enum Program {
  /// The command as it was built with these tests; ISOBAR_COMMAND names another.
  static let isobar: String = {
    if let named = getenv("ISOBAR_COMMAND") { return String(cString: named) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    let path = buffer[..<max(0, count)]
    let folder = path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex)]
    return String(decoding: folder, as: UTF8.self) + "/isobar"
  }()

  /// Runs a program to its end, or to the signal's.
  /// - Parameters:
  ///   - folder: where what it says is kept, and where it runs.
  ///   - environment: all of it.
  static func run(
    _ path: String, _ arguments: [String], environment: [String: String], in folder: String, interruption: Interruption? = nil
  ) async throws -> Outcome {
    let name = "\(folder)/.said-\(UInt32.random(in: 0...UInt32.max))"
    let (outputPath, errorPath) = (name + ".out", name + ".err")
    defer {
      unlink(outputPath)
      unlink(errorPath)
    }
    let process = try spawn(path, arguments, environment, folder, outputPath, errorPath)
    let clock = ContinuousClock()
    var begin: ContinuousClock.Instant?
    var isSignalled = false
    var status: Int32 = 0
    var usage = rusage()
    while true {
      let ended = wait4(process, &status, WNOHANG, &usage)
      if ended == process { break }
      if ended < 0 && errno != EINTR { throw Failure("wait4", errno) }
      if let interruption, begin == nil, interruption.begin() { begin = clock.now }
      if let interruption, let begin, !isSignalled, clock.now - begin >= interruption.delay {
        kill(process, interruption.signal)
        isSignalled = true
      }
      do {
        try await Task.sleep(for: .milliseconds(interruption == nil ? 5 : 1))
      } catch {
        // The test's time is over: nothing may stay behind.
        kill(process, SIGKILL)
        wait4(process, &status, 0, &usage)
        throw error
      }
    }
    let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    return Outcome(
      code: code, output: String(decoding: try Scratch.bytes(outputPath), as: UTF8.self),
      errors: String(decoding: try Scratch.bytes(errorPath), as: UTF8.self), peakMemory: usage.ru_maxrss * 1024)
  }

  private static func spawn(
    _ path: String, _ arguments: [String], _ environment: [String: String], _ folder: String, _ output: String, _ errors: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    // A runner in the background ignores SIGINT, and a child would inherit that.
    var defaults = sigset_t()
    sigfillset(&defaults)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    // `env` becomes the program after it has changed the folder, for which this C library's interface shows nothing.
    let words = cStrings(["env", "-C", folder, path] + arguments)
    let variables = cStrings(environment.map { "\($0.key)=\($0.value)" })
    defer { (words + variables).forEach { free($0) } }
    var process: pid_t = 0
    let result = posix_spawnp(&process, "env", &actions, &attributes, words, variables)
    guard result == 0 else { throw Failure("cannot start \(path)", result) }
    return process
  }
}

/// Texts as `exec` wants them, with a closing nil; the caller frees them.
func cStrings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
  var pointers: [UnsafeMutablePointer<CChar>?] = []
  for text in texts { pointers.append(strdup(text)) }
  return pointers + [nil]
}

/// A system call that failed.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ what: String, _ number: Int32) { description = "\(what): \(String(cString: strerror(number)))" }
}
