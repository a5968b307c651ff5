import Compression
import CompressionLayer
import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import Testing

let key = try! ObjectKey("folder/file.txt")

/// Words, over and over: what compresses well.
func text(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  let words = (0..<200).map { _ in
    (0..<Int.random(in: 1...9, using: &random)).map { _ in UInt8.random(in: 97...122, using: &random) }
  }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 10)
  while bytes.count < count { bytes += words[Int.random(in: 0..<200, using: &random)] + [32] }
  return Array(bytes.prefix(count))
}

func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + 8)
  while bytes.count < count { withUnsafeBytes(of: random.next().littleEndian) { bytes.append(contentsOf: $0) } }
  return Array(bytes.prefix(count))
}

func memory(_ change: (inout StoreCapabilities) -> Void = { _ in }) -> MemoryStore {
  var capabilities = MemoryStoreOptions.everything
  change(&capabilities)
  return MemoryStore(MemoryStoreOptions(capabilities: capabilities))
}

/// Small frames and parts, so that little content has many.
let small = CompressionOptions(level: .fast, frameLength: 64 << 10, partLength: 64 << 10)

/// The ways in which large objects are written.
enum Way: CaseIterable {
  case pushed, inParts, throughFile

  var store: MemoryStore {
    memory {
      $0.directWrite = self == .pushed
      $0.multipart = self != .throughFile
    }
  }
}

extension ObjectStore {
  func bytes(_ key: ObjectKey, _ range: ByteRange? = nil) async throws -> [UInt8] {
    try await readBytes(key, limit: 64 << 20, ReadOptions(range: range))
  }

  /// Everything a payload's source gives.
  func payloadBytes(_ key: ObjectKey, _ range: Range<Int64>? = nil) async throws -> [UInt8] {
    let source = try await payload(for: key, ifMatches: nil).payload.makeSource(range)
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 10_000)
    while case .bytes(let count) = try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }) { bytes += buffer[..<count] }
    return bytes
  }
}

extension MemoryStore {
  /// What is stored, as it is.
  func stored(_ key: ObjectKey) throws -> [UInt8] { try #require(snapshot()[key]) }
}

/// Expects a `StorageError` with this code that names the key.
func expectError(_ code: StorageError.Code, _ note: String = "", _ body: () async throws -> Void) async {
  do {
    try await body()
    Issue.record("nothing was thrown \(note)")
  } catch let error as StorageError {
    #expect(error.code == code, "\(error) \(note)")
    #expect(error.key == key, "\(error) \(note)")
  } catch { Issue.record("\(error) \(note)") }
}
