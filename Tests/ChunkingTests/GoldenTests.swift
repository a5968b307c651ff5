import Chunking
import Glibc
import Primitives
import Testing

/// Borders are compared over years and between machines: they never change. After a change that is meant to move them, write the file
/// anew with ISOBAR_RECORD=1 (the run fails then).
@Suite struct GoldenTests {
  private static let path = String(#filePath.dropLast("GoldenTests.swift".count)) + "Golden/borders.txt"

  private func borders() -> String {
    var text = ""
    for (name, bytes) in [("random", randomBytes(300_000, seed: 42)), ("dull", dullBytes(300_000, seed: 42))] {
      for sizes in [sizes(1024, 4096, 16_384), sizes(2000, 10_000, 30_000)] { text += line(name, bytes, sizes) }
    }
    return text + line("long", randomBytes(4_000_000, seed: 42), .suited(to: 0))
  }

  private func line(_ name: String, _ bytes: [UInt8], _ sizes: ChunkSizes) -> String {
    "\(name) \(sizes.minimum) \(sizes.average) \(sizes.maximum):" + chunks(bytes, sizes).map { " \($0.length)" }.joined() + "\n"
  }

  @Test func `borders are the recorded ones`() throws {
    if getenv("ISOBAR_RECORD") != nil {
      let file = try #require(fopen(Self.path, "w"))
      fputs(borders(), file)
      fclose(file)
      Issue.record("recorded \(Self.path)")
      return
    }
    let file = try #require(fopen(Self.path, "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    #expect(String(decoding: bytes[..<count], as: UTF8.self) == borders())
  }
}
