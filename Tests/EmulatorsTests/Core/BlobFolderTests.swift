import Concurrency
import Crypto
import Emulators
import Files
import Glibc
import Markup
import Primitives
import Testing

@Suite struct BlobFolderTests {
  private let hashes: Set<HashAlgorithm> = [.md5, .sha256, .crc32c, .crc64nvme]

  private func content(_ folder: BlobFolder, _ blob: Blob) throws -> [UInt8] {
    let file = try folder.open(blob)
    var bytes = [UInt8](repeating: 0, count: Int(blob.size) + 1)
    let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    return Array(bytes[..<count])
  }

  private func digests(_ bytes: [UInt8]) -> Digests {
    let stream = HashStream(hashes)
    stream.update(bytes)
    return stream.finish()
  }

  @Test(arguments: [0, 1, 5000]) func `a body is kept with its digests, and somebody may watch it come`(count: Int) async throws {
    let folder = try BlobFolder(path: nil)
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let observer = MemorySink(limit: 1 << 20)
    let blob = try await folder.receive(MemoryRequestBody(bytes), hashes: hashes, observer: observer)
    #expect(blob.size == Int64(count))
    #expect(blob.digests == digests(bytes))
    #expect(observer.bytes == bytes)
    #expect(try content(folder, blob) == bytes)
    #expect(Blob(blob.json) == blob)
    #expect(Blob(try JSONValue.parse(blob.json.bytes())) == blob)
  }

  @Test(arguments: [true, false]) func `a body beyond the limit is refused and leaves nothing`(announced: Bool) async throws {
    let scratch = ScratchFolder()
    let folder = try BlobFolder(path: scratch.path)
    await #expect(throws: BodyTooLong.self) {
      _ = try await folder.receive(MemoryRequestBody([UInt8](repeating: 1, count: 5000), announced: announced), limit: 4999)
    }
    #expect(names(scratch.path) == [])
    let blob = try await folder.receive(MemoryRequestBody([UInt8](repeating: 1, count: 5000), announced: announced), limit: 5000)
    #expect(names(scratch.path) == [blob.id])
  }

  @Test(arguments: [true, false]) func `parts of blobs become one`(isHashed: Bool) async throws {
    let folder = try BlobFolder(path: nil)
    let first = try folder.store(Array("hello ".utf8))
    let second = try folder.store(Array("wide world".utf8))
    let whole = try await folder.concatenate(
      [(first, 0..<6), (second, 5..<10), (second, 3..<3), (first, 5..<6)], hashes: isHashed ? hashes : [])
    #expect(try content(folder, whole) == Array("hello world ".utf8))
    #expect(whole.size == 12)
    #expect(whole.digests == (isHashed ? digests(Array("hello world ".utf8)) : Digests(byteCount: 12)))
  }

  @Test func `a removed blob is gone, but not for who reads it`() throws {
    let folder = try BlobFolder(path: nil)
    let blob = try folder.store([1, 2, 3])
    let file = try folder.open(blob)
    folder.remove(blob)
    folder.remove(blob)
    #expect(throws: FileError.self) { try folder.open(blob) }
    var bytes: [UInt8] = [0, 0, 0]
    #expect(try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) } == 3)
    #expect(bytes == [1, 2, 3])
  }

  @Test func `a folder of its own goes away with its content`() throws {
    let folder = try BlobFolder(path: nil)
    let file = try folder.open(folder.store([1, 2, 3]))
    let path = try #require(try? linkTarget("/proc/self/fd/\(file.raw)"))
    let parent = String(path.split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 })
    #expect(access(parent, F_OK) == 0)
    folder.close()
    #expect(access(parent, F_OK) != 0)
  }

  @Test(
    arguments: [
      nil, "text", ["id": "../../etc/passwd", "size": 1], ["id": "00", "size": 1],
      ["id": "000102030405060708090a0b0c0d0e0f", "size": -1],
      ["id": "000102030405060708090a0b0c0d0e0f", "size": 1, "md5": "00"],
    ] as [JSONValue?])
  func `what is no blob is not taken for one`(json: JSONValue?) { #expect(Blob(json) == nil) }

  @Test func `one data folder belongs to one emulator of a kind at a time, and keeps what it holds`() throws {
    let scratch = ScratchFolder()
    let options = EmulatorOptions(data: scratch.path + Array("/data".utf8))
    let depot = try EmulatorDepot.open(.gcs, options)
    let error = #expect(throws: EmulatorError.self) { try EmulatorDepot.open(.gcs, options) }
    #expect(error?.code == .inUse)
    try EmulatorDepot.open(.azure, options).close()
    let blob = try depot.blobs.store([1, 2, 3])
    try depot.table.put("blobs", [1], blob.json)
    depot.close()
    let again = try EmulatorDepot.open(.gcs, options)
    let kept = try #require(Blob(try again.table.get("blobs", [1])))
    #expect(try content(again.blobs, kept) == [1, 2, 3])
    again.close()
  }

  private func names(_ path: [UInt8]) -> [String] {
    guard let root = try? ConfinedDirectory.open(path, create: false) else { return [] }
    return ((try? TreeWalk(root: root).next(max: 100)) ?? []).map { String(decoding: $0.path, as: UTF8.self) }
  }

  private func linkTarget(_ path: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    guard readlink(path, &buffer, 4095) > 0 else { throw Broken() }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
