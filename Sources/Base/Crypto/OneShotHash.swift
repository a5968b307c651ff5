import Glibc

/// SHA-256 of bytes at hand (FIPS 180-4). Callable from any thread; about 0.2 µs for a short message.
public enum SHA256 {
  /// The 32 bytes of the digest.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { ThreadContexts.current.sha256(bytes) }

  /// The 32 bytes of the digest.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { hash($0) } }

  /// The 32 bytes of the digest. Bytes that do not lie in one piece are copied first.
  public static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
    bytes.withContiguousStorageIfAvailable { hash(UnsafeRawBufferPointer($0)) } ?? hash([UInt8](bytes))
  }
}

/// MD5 of bytes at hand (RFC 1321), for protocols that demand it. Callable from any thread.
public enum MD5 {
  /// The 16 bytes of the digest.
  public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { ThreadContexts.current.md5(bytes) }

  /// The 16 bytes of the digest.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { hash($0) } }

  /// The 16 bytes of the digest. Bytes that do not lie in one piece are copied first.
  public static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
    bytes.withContiguousStorageIfAvailable { hash(UnsafeRawBufferPointer($0)) } ?? hash([UInt8](bytes))
  }
}

/// The digest contexts of one thread, so that a short hash neither allocates a context nor takes a lock.
private final class ThreadContexts {
  private var sha256Context: Context?
  private var md5Context: Context?

  /// Holds the non-copyable context behind a reference, made when the thread first needs it.
  private final class Context {
    let digest: DigestContext
    init(_ algorithm: HashAlgorithm) { digest = DigestContext(algorithm) }

    func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
      digest.reset()
      digest.update(bytes)
      return digest.finish()
    }
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let failed = pthread_key_create(&key) { pointer in
      if let pointer { Unmanaged<ThreadContexts>.fromOpaque(pointer).release() }
    }
    precondition(failed == 0, "no thread-local storage left")
    return key
  }()

  /// The calling thread's contexts. Synchronous code only: it must not be kept across a suspension.
  static var current: ThreadContexts {
    if let pointer = pthread_getspecific(key) {
      return Unmanaged<ThreadContexts>.fromOpaque(pointer).takeUnretainedValue()
    }
    let contexts = ThreadContexts()
    let retained = Unmanaged.passRetained(contexts)
    let failed = pthread_setspecific(key, retained.toOpaque())
    if failed != 0 { retained.release() }
    return contexts
  }

  func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    if let sha256Context { return sha256Context.hash(bytes) }
    let context = Context(.sha256)
    sha256Context = context
    return context.hash(bytes)
  }

  func md5(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    if let md5Context { return md5Context.hash(bytes) }
    let context = Context(.md5)
    md5Context = context
    return context.hash(bytes)
  }
}
