import Age
import ObjectStorage
import Primitives

/// Says in the contract's words what is wrong with an encrypted object.
struct Failures: Sendable {
  let store: String

  func callAsFunction(_ code: StorageError.Code, _ key: ObjectKey?, _ message: String, cause: (any Error)? = nil) -> StorageError {
    StorageError(code, store: store, key: key, message: message, cause: cause)
  }

  func mapped(_ error: AgeError, _ key: ObjectKey) -> StorageError {
    switch error.code {
    case .notAge:
      self(
        .corrupted, key,
        "it is not encrypted; \(error.message). It was put there without the encryption: open the store below for it", cause: error)
    // Of this object only: the store's own opened, or nothing would have come this far.
    case .noMatch: self(.permissionDenied, key, "it cannot be decrypted: \(error.message)", cause: error)
    case .unsupported: self(.unsupported, key, "it cannot be decrypted: \(error.message)", cause: error)
    case .source: self(.sourceChanged, key, error.message, cause: error)
    default: self(.corrupted, key, "it cannot be decrypted: \(error.message)", cause: error)
    }
  }

  func mapping<T>(_ key: ObjectKey, _ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as AgeError { throw mapped(error, key) }
  }

  func mappingAsync<T>(_ key: ObjectKey, _ body: () async throws -> T) async throws -> T {
    do { return try await body() } catch let error as AgeError { throw mapped(error, key) }
  }
}

/// A sink whose errors are the store's.
final class MappedSink: ByteSink {
  private let base: any ByteSink
  private let failures: Failures
  private let key: ObjectKey

  init(_ base: any ByteSink, _ failures: Failures, _ key: ObjectKey) {
    (self.base, self.failures, self.key) = (base, failures, key)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult { try failures.mapping(key) { try base.write(bytes) } }
  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
  func restart() throws { try base.restart() }
}

/// A source whose errors are the store's.
final class MappedSource: ByteSource {
  private let base: any ByteSource
  private let failures: Failures
  private let key: ObjectKey

  init(_ base: any ByteSource, _ failures: Failures, _ key: ObjectKey) {
    (self.base, self.failures, self.key) = (base, failures, key)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    try failures.mapping(key) { try base.read(into: buffer) }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }
}
