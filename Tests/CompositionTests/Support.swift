import Catalog
import Composition
import Concurrency
import Glibc
import MemoryStorage
import ObjectStorage
import Primitives
import Sync

/// A folder that goes away with this object.
final class Scratch: Sendable {
  let path: String

  init() {
    var template = Array("/tmp/isobar-composition-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { _ = system("rm -rf '\(path)'") }

  func folder(_ name: String) -> String {
    mkdir("\(path)/\(name)", 0o755)
    return "\(path)/\(name)"
  }

  /// What a pair needs to be opened, with the state in this folder.
  func opener() throws -> PairOpener { PairOpener(state: try StateDirectory.open(Array("\(path)/state".utf8))) }
}

extension ObjectStore {
  func put(_ name: String, _ text: String) async throws {
    let options = WriteOptions(metadata: ObjectMetadata(modified: Timestamp(seconds: 1_700_000_000)))
    _ = try await write(.bytes(Array(text.utf8)), to: ObjectKey(name), options)
  }

  func text(_ name: String) async throws -> String? {
    do {
      return String(decoding: try await readBytes(ObjectKey(name), limit: 1 << 20), as: UTF8.self)
    } catch let error as StorageError where error.code == .notFound {
      return nil
    }
  }
}

/// Memory that acts as a bucket.
func bucket(_ name: String) -> MemoryStore { MemoryStore(MemoryStoreOptions(name: name)) }
/// Memory that acts as a folder.
func folder(_ name: String) -> MemoryStore {
  MemoryStore(MemoryStoreOptions(name: name, capabilities: MemoryStoreOptions.likeFolder, hash: nil))
}

func error<Value>(of body: () async throws -> Value) async -> (any Error)? {
  do {
    _ = try await body()
    return nil
  } catch { return error }
}

/// Counts from 1, from any thread.
final class Counter: Sendable {
  private let value = Lock(0)

  func next() -> Int {
    value.withLock { value in
      value += 1
      return value
    }
  }
}
