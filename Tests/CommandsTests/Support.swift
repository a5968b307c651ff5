import Commands
import Markup
import Synchronization
import Testing

/// What a command printed, and how it ended.
struct Outcome {
  let code: Int32
  let outputBytes: [UInt8]
  let errors: String
  var output: String { String(decoding: outputBytes, as: UTF8.self) }

  /// The object that was printed.
  func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> JSONValue {
    try #require(try? JSONValue.parse(outputBytes), "no JSON: \(output) \(errors)", sourceLocation: sourceLocation)
  }
}

/// Runs `isobar WORDS…` in this process.
func isobar(_ words: String..., environment: [String: String] = [:], input: Int32 = 0) async -> Outcome {
  await isobar(words: words.map { Array($0.utf8) }, environment: environment, input: input)
}

func isobar(words: [[UInt8]], environment: [String: String] = [:], input: Int32 = 0) async -> Outcome {
  let output = Collector()
  let errors = Collector()
  let console = Console(
    environment: environment, input: input, output: { output.append($0) }, errors: { errors.append($0) })
  let code = await Program.run(words, console: console)
  return Outcome(code: code, outputBytes: output.bytes, errors: String(decoding: errors.bytes, as: UTF8.self))
}

/// Takes what is written.
final class Collector: Sendable {
  private let collected = Mutex<[UInt8]>([])
  var bytes: [UInt8] { collected.withLock { $0 } }

  func append(_ bytes: [UInt8]) -> Bool {
    collected.withLock { $0 += bytes }
    return true
  }
}
