import Compression
import Files
import Testing

/// The same format as everybody's: the `zstd` program reads what is written here, and the other way round.
@Suite struct ProgramTests {
  static let isThere = (try? Subprocess.run(.program("zstd", arguments: ["--version"]), timeout: .seconds(10)))?.status == 0

  private func run(_ arguments: [String]) throws -> [UInt8] {
    let result = try Subprocess.run(.program("zstd", arguments: arguments), timeout: .seconds(30), outputLimit: 16 << 20)
    #expect(result.status == 0, "\(String(decoding: result.errorText, as: UTF8.self))")
    return result.output
  }

  @Test(.enabled(if: isThere, "skipped: no zstd program"))
  func `the program reads what is written here`() throws {
    try withFolder { folder in
      for (index, body) in bodies.enumerated() {
        let path = "\(folder)/\(index).zst"
        let compressor = Compressor()
        try writeFile(try compressor.frame(of: body) + streamed(body, compressor, seed: 1, announced: false), to: path)
        #expect(try run(["-d", "-c", "-q", path]) == body + body, "body \(index)")
      }
    }
  }

  @Test(.enabled(if: isThere, "skipped: no zstd program"), arguments: ["-1", "-3", "-19", "--fast=5"])
  func `what the program writes is read here`(level: String) throws {
    try withFolder { folder in
      for (index, body) in bodies.enumerated() {
        let path = "\(folder)/\(index)"
        try writeFile(body, to: path)
        let frame = try run([level, "-c", "-q", path])
        #expect(try Decompressor.decompress(frame, DecompressionLimits(outputLength: 4 << 20)) == body, "body \(index)")
      }
    }
  }
}
