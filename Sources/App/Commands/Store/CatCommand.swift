import Arguments
import ObjectStorage
import Primitives
import Transfer

/// `isobar cat LOCATION…`
enum CatCommand: Command {
  static let description = CommandDescription(
    name: "cat", abstract: "Write files to standard output",
    examples: [
      CommandExample("isobar cat s3://my-bucket/logs/today.log | grep error", "Nothing is stored on the way."),
      CommandExample("isobar cat --range 0-99 s3://my-bucket/big.bin | xxd", "The first hundred bytes."),
    ],
    options: [
      OptionDescription(
        long: "range", value: .value(name: "FIRST-LAST", kind: .string),
        help: "Only these bytes, counted from 0; LAST may be left out"),
      SharedOptions.state,
    ] + SharedOptions.connection,
    operands: [OperandDescription(name: "LOCATION", help: "a file", arity: .atLeast(1), completion: .storeEnd)],
    exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    let range = try call.arguments.string("range").map(range)
    return try await Session.with(call) { session in
      for operand in call.arguments.operands {
        let location = try await session.locate(operand)
        try await write(location.store, try location.key(), ReadOptions(range: range), to: call.console)
      }
      return .done
    }
  }

  /// Sends a file's content to standard output.
  static func write(_ store: any ObjectStore, _ key: ObjectKey, _ options: ReadOptions, to console: Console) async throws {
    guard let descriptor = console.outputDescriptor else {
      _ = try await store.read(key, options, into: ConsoleSink(console))
      return
    }
    let sink = DescriptorSink(descriptor: descriptor)
    do {
      _ = try await store.read(key, options, into: sink)
      try await sink.finish()
    } catch {
      // Whoever reads the output had enough of it.
      if OutputGone.isTrue(of: descriptor) { throw OutputClosed() }
      throw error
    }
  }

  private static func range(_ text: String) throws -> ByteRange {
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, let first = Int64(parts[0]) {
      if parts[1].isEmpty, let range = ByteRange(start: first) { return range }
      if let last = Int64(parts[1]), last < .max, let range = ByteRange(start: first, end: last + 1) { return range }
    }
    throw CommandError.usage("--range takes FIRST-LAST in bytes, such as 0-99 or 100-, not '\(DisplayText.escape(text))'")
  }
}

/// Writes to a console that has no descriptor.
private final class ConsoleSink: ByteSink {
  private let console: Console
  init(_ console: Console) { self.console = console }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    try console.write(Array(bytes))
    return .taken
  }
  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
  func restart() throws { throw OutputClosed() }
}
