import Age
import Compression
import CompressionLayer
import Crypto
import EncryptionLayer
import MemoryStorage
import ObjectStorage
import Primitives
import Testing

/// Compression over encryption: what is stored is small, and says nothing.
@Suite struct OverEncryptionTests {
  private func store(_ base: MemoryStore) throws -> CompressedStore {
    let access = EncryptionOptions.Access.passphrase(SecretBytes(copying: Array("correct horse".utf8)), logN: 3)
    return CompressedStore(EncryptedStore(base, options: try EncryptionOptions(access: access)), options: small)
  }

  @Test func `contents of every length come back, small and unreadable in between`() async throws {
    let base = memory()
    let store = try store(base)
    for content in [[], text(5000, seed: 1), randomBytes(5000, seed: 2), text(700_000, seed: 3) + randomBytes(300_000, seed: 3)] {
      let receipt = try await store.write(.bytes(content), to: key, WriteOptions(metadata: ObjectMetadata(user: ["a": "b"])))
      #expect(receipt.size == Int64(content.count))
      #expect(try await store.bytes(key) == content)
      #expect(try await store.payloadBytes(key) == content)
      if content.count > 600_000 {
        #expect(try base.stored(key).count < 700_000)
        #expect(try await store.bytes(key, ByteRange(start: 690_000, end: 710_000)) == Array(content[690_000..<710_000]))
      }
      #expect(try await store.stat(key).userMetadata == ["a": "b"])
      // Nothing of the mark can be seen from outside.
      #expect(try await base.stat(key).userMetadata == [:])
    }
  }

  @Test func `times change and the content stays`() async throws {
    let store = try store(memory())
    let content = text(5000, seed: 1)
    let receipt = try await store.write(.bytes(content), to: key, WriteOptions())
    let time = Timestamp(seconds: 1_600_000_000)
    _ = try await store.updateMetadata(ObjectMetadata(modified: time), of: key, ifMatches: receipt.version)
    #expect(try await store.stat(key).entry.modified == time)
    #expect(try await store.bytes(key) == content)
    let other = try ObjectKey("other")
    #expect(try await store.move(key, to: other, CopyOptions()).size == 5000)
    #expect(try await store.bytes(other) == content)
  }
}
