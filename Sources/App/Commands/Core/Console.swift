import Concurrency
import Glibc
public import Observability

/// Where a command reads and writes. The program's own, or one that a test looks into.
public struct Console: Sendable {
  /// Takes bytes; false if nobody reads them any more.
  public typealias Write = @Sendable ([UInt8]) -> Bool

  /// The environment.
  public let environment: [String: String]
  /// What standard output can show.
  public internal(set) var outputStyle: TerminalStyle
  /// What standard error can show.
  public internal(set) var errorStyle: TerminalStyle
  /// The descriptor that `put` reads its content from.
  public let input: Int32
  /// The descriptor of standard output, for content that is sent straight to it; nil where there is none.
  public let outputDescriptor: Int32?
  private let writeOutput: Write
  private let writeError: Write

  /// A console of its parts.
  public init(
    environment: [String: String], outputStyle: TerminalStyle = .plain, errorStyle: TerminalStyle = .plain, input: Int32 = 0,
    outputDescriptor: Int32? = nil, output: @escaping Write, errors: @escaping Write
  ) {
    self.environment = environment
    self.outputStyle = outputStyle
    self.errorStyle = errorStyle
    self.input = input
    self.outputDescriptor = outputDescriptor
    writeOutput = output
    writeError = errors
  }

  /// This process's own.
  public static func standard() -> Console {
    Console(
      environment: currentEnvironment(), outputStyle: .detect(1), errorStyle: .detect(2), input: 0, outputDescriptor: 1,
      output: { writeAll($0, to: 1) }, errors: { writeAll($0, to: 2) })
  }

  /// Writes to standard output.
  /// - Throws: `OutputClosed` if nobody reads it.
  func write(_ bytes: [UInt8]) throws {
    if !writeOutput(bytes) { throw OutputClosed() }
  }

  /// Writes a line to standard output.
  func print(_ line: String) throws { try write(Array(line.utf8) + [0x0A]) }

  /// Writes a line to standard output; a closed one is none of the caller's business (a sync goes on without its reader).
  func note(_ line: String) { _ = writeOutput(Array(line.utf8) + [0x0A]) }

  /// Writes to standard error.
  func writeError(_ bytes: [UInt8]) { _ = writeError(bytes) as Bool }

  /// Writes a line to standard error.
  func printError(_ line: String) { _ = writeError(Array(line.utf8) + [0x0A]) as Bool }
}

private func currentEnvironment() -> [String: String] {
  var result: [String: String] = [:]
  var position = environ
  while let entry = position.pointee {
    let text = String(cString: entry)
    if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
      result[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    position += 1
  }
  return result
}

/// Writes all of `bytes`; false if that failed part of the way.
private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if count < 0 && errno == EAGAIN {
      // Somebody made the terminal nonblocking.
      var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&waiting, 1, -1) < 0 && errno != EINTR { return false }
    } else if count == 0 || errno != EINTR {
      return false
    }
  }
  return true
}
