import Age
import Crypto
import EncryptionLayer
import MemoryStorage
import ObjectStorage
import Primitives

func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

func key(_ text: String) throws -> ObjectKey { try ObjectKey(text) }

func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var random = SeededRandom(seed: seed)
  var bytes: [UInt8] = []
  while bytes.count < count { withUnsafeBytes(of: random.next()) { bytes.append(contentsOf: $0) } }
  return Array(bytes.prefix(count))
}

func encrypted(
  _ base: any ObjectStore, _ identity: Identity = .generate(), names: EncryptionOptions.Names = .plain, sortMemory: Int = 32 << 20
) throws -> EncryptedStore {
  EncryptedStore(
    base,
    options: try EncryptionOptions(access: .keys(recipients: [], identities: [identity]), names: names, sortMemory: sortMemory))
}

func names(_ store: any ObjectStore, _ prefix: KeyPrefix = .all, _ options: ListOptions = ListOptions()) async throws -> [String] {
  let listing = store.list(prefix, options)
  var names: [String] = []
  while let page = try await listing.next() { names += page.entries.map { DisplayText.escape($0.key.bytes) } }
  return names
}
