@testable import AzureStorage
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// Metadata in the forms that the service takes.
@Suite struct MetadataTests {
  @Test(arguments: [
    ("color", "color"), ("content-sha", "content_x2dsha"), ("a_b", "a_b"), ("1st", "_x31st"), ("_x2d", "_x5fx2d"), ("_", "_"),
    ("Color", "_x43olor"), ("é", "_xc3_xa9"), ("_xzz", "_xzz"), ("a b", "a_x20b"),
  ])
  func `a name has one form and comes back`(_ name: String, _ form: String) {
    #expect(MetadataNames.encode(name) == form)
    #expect(MetadataNames.decode(form) == name)
  }

  @Test(arguments: ["plain", "with space", "", " ", "grün", "utf-8''x", "tab\tand\nline", "100%", "\u{1F600}"])
  func `a value is printable ASCII on the way and comes back`(_ value: String) {
    let form = MetadataNames.encode(value: value)
    #expect(!form.isEmpty && form.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(MetadataNames.decode(value: form) == value)
  }

  @Test func `random names are identifiers and come back`() {
    let seed = UInt64.random(in: 0..<1_000_000)
    print("seed \(seed)")
    var random = SeededRandom(seed: seed)
    let letters = Array("ax_2df0-AZ é.").map(String.init)
    var forms: [String: String] = [:]
    for _ in 0..<3000 {
      let name = (0..<Int.random(in: 1..<8, using: &random)).map { _ in letters.randomElement(using: &random)! }.joined()
      let form = MetadataNames.encode(name)
      #expect(MetadataNames.decode(form) == name)
      #expect(forms[form].map { $0 == name } ?? true, "\(name)")
      forms[form] = name
      #expect(form.utf8.first.map { !(0x30...0x39).contains($0) } ?? false)
      #expect(form.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F })
    }
  }

  @Test func `an entity tag keeps its meaning, or is none`() {
    for (text, header) in [("\"0x8D1\"", "\"0x8D1\""), ("0x8D1", "\"0x8D1\""), ("\"\"[\"\"", nil), ("W/\"1\"", nil), ("a b", nil)] {
      #expect(EntityTag.version(text).flatMap(EntityTag.header) == header, "\(text)")
    }
    #expect(EntityTag.version("\"\"") == nil && EntityTag.version(nil) == nil)
  }

  @Test(arguments: [40_442_442_640_640, 253_402_300_800, 253_402_300_799, -62_167_219_200, -62_167_219_201] as [Int64])
  func `times that need more than four digits for the year are kept`(_ seconds: Int64) throws {
    let time = Timestamp(seconds: seconds, nanoseconds: 5)
    let entries = try BlobAttributes.entries(for: ObjectMetadata(modified: time), key: try ObjectKey("a"))
    #expect(
      BlobAttributes.read(Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.value) })).modified == time, "\(entries)")
  }

  @Test func `what rclone wrote is read, and what is written rclone reads`() throws {
    let time = Timestamp(seconds: 1_700_000_000, nanoseconds: 120_000_000)
    #expect(BlobAttributes.read(["mtime": "2023-11-14T22:13:20.12Z"]).modified == time)
    #expect(BlobAttributes.read(["mtime": "2023-11-14T23:13:20.12+01:00"]).modified == time)
    let entries = try BlobAttributes.entries(
      for: ObjectMetadata(modified: time, mode: 0o7, user: ["k": "v"]), key: try ObjectKey("a"))
    #expect(
      entries.map(\.name) == ["isobar_mode", "mtime", "k"] && entries.map(\.value) == ["007", "2023-11-14T22:13:20.12Z", "v"])
    #expect(try BlobAttributes.entries(for: ObjectMetadata(), key: try ObjectKey("a/")).map(\.name) == ["hdi_isfolder"])
    for name in ["mtime", "isobar_mode", "hdi_isfolder", ""] {
      #expect(throws: InvalidMetadata.self) {
        try BlobAttributes.entries(for: ObjectMetadata(user: [name: "x"]), key: try ObjectKey("a"))
      }
    }
  }

  @Test(arguments: [
    "a\\b", "a\nb", "a\u{7F}", "a\u{81}", "a./b", "a..", String(repeating: "x", count: 1025),
    String(repeating: "a/", count: 254) + "b",
  ])
  func `names that the service cannot have are refused before it is asked`(_ name: String) async throws {
    let transport = FakeTransport { _, _ in .text("") }
    let store = fakeStore(transport)
    let key = try ObjectKey(name)
    let error = try await #require(throws: StorageError.self) { try await store.write(.bytes([]), to: key, WriteOptions()) }
    #expect(error.code == .invalidArgument)
    #expect(try await store.find(key) == nil)
    #expect(try await store.delete([DeleteTarget(key)]).allSatisfy { $0.error == nil })
    #expect(transport.requests.isEmpty)
  }

  @Test func `long names count as the service counts them`() throws {
    let store = fakeStore(FakeTransport { _, _ in .text("") })
    #expect(store.isPossible(try ObjectKey(String(repeating: "é", count: 1024))))
    #expect(!store.isPossible(try ObjectKey(String(repeating: "é", count: 1025))))
    #expect(store.isPossible(try ObjectKey(String(repeating: "😀", count: 512))))
    #expect(!store.isPossible(try ObjectKey(String(repeating: "😀", count: 513))))
    #expect(store.isPossible(try ObjectKey(String(repeating: "a/", count: 253) + "b")))
  }
}
