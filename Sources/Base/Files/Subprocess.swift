import CSystem
import Glibc
import Primitives

/// Runs a program to its end and gives what it printed: for commands that hand out credentials.
public enum Subprocess {
  /// What to run.
  public enum Command: Sendable {
    /// A line for `/bin/sh -c`.
    case shell(String)
    /// A program, looked up in PATH, and its arguments.
    case program(String, arguments: [String])
  }

  /// What the program finds in its environment.
  public enum Environment: Sendable {
    /// What this process has.
    case inherited
    /// What this process has, with these set.
    case adding([String: String])
    /// These only.
    case exactly([String: String])
  }

  /// What a program left.
  public struct Result: Sendable {
    /// Its exit status; 128 and the signal's number if a signal ended it, as shells count.
    public let status: Int32
    /// Its output.
    public let output: [UInt8]
    /// The first part of what it printed as errors.
    public let errorText: [UInt8]
  }

  /// Runs a command. Blocks the calling thread; not for the cooperative pool.
  ///
  /// The input is empty, no other descriptor is inherited, and the program has a process group of its own, which is killed whole after
  /// the timeout. What programs that it left in the background print after its end is not waited for.
  /// - Parameters:
  ///   - outputLimit: bytes of output; a program that prints more is killed, `.outputTooLong`.
  ///   - errorLimit: bytes of error text kept; the rest is read and dropped.
  /// - Throws: `SubprocessError`. A status other than zero is not an error here.
  public static func run(
    _ command: Command, environment: Environment = .inherited, timeout: Duration, outputLimit: Int = 1 << 20, errorLimit: Int = 4096
  ) throws -> Result {
    let arguments =
      switch command {
      case .shell(let line): ["/bin/sh", "-c", line]
      case .program(let program, let arguments): [program] + arguments
      }
    let deadline = ContinuousClock.now + timeout
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard nothing >= 0 else { throw SubprocessError(.cannotStart, arguments, errno: errno) }
    let input = Descriptor(owning: nothing)
    let outputPipe = try Pipe(arguments)
    let errorPipe = try Pipe(arguments)
    let process = try RunningProcess(
      arguments, environment.strings, input: input.raw, output: outputPipe.writeEnd, error: errorPipe.writeEnd)
    outputPipe.closeWriteEnd()
    errorPipe.closeWriteEnd()
    var output: [UInt8] = []
    var errorText: [UInt8] = []
    while true {
      let remaining = ContinuousClock.now.duration(to: deadline)
      let isLate = remaining <= .zero
      let hasEnded = process.hasEnded()
      // Taken after the look at the process, so that what it printed last is not missed.
      let drained = outputPipe.read(into: &output, keeping: outputLimit + 1)
      let drainedErrors = errorPipe.read(into: &errorText, keeping: errorLimit)
      if output.count > outputLimit {
        process.kill()
        throw SubprocessError(.outputTooLong, arguments)
      }
      if hasEnded, drained, drainedErrors { break }
      if isLate {
        process.kill()
        throw SubprocessError(.timedOut, arguments)
      }
      if drained, drainedErrors { process.waitForNews(outputPipe, errorPipe, atMost: remaining) }
    }
    return Result(status: process.status, output: output, errorText: errorText)
  }
}

/// Why a program could not be run to its end.
public struct SubprocessError: Error, Sendable, CustomStringConvertible {
  /// What went wrong.
  public enum Code: Sendable, Hashable { case cannotStart, timedOut, outputTooLong }

  /// What went wrong.
  public let code: Code
  /// The program; its arguments may hold secrets and are left out.
  public let program: String
  /// The system's number, for `cannotStart`.
  public let errno: Int32

  init(_ code: Code, _ arguments: [String], errno: Int32 = 0) {
    (self.code, program, self.errno) = (code, arguments[0], errno)
  }

  public var description: String {
    let name = "\"\(DisplayText.escape(program))\""
    return switch code {
    case .cannotStart: "cannot start \(name): \(String(cString: strerror(errno)))"
    case .timedOut: "\(name) did not finish in the time allowed and was stopped"
    case .outputTooLong: "\(name) printed more than is allowed here and was stopped"
    }
  }
}
