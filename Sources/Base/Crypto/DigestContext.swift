import COpenSSL

/// OpenSSL's digests, fetched once for the process: an implicit fetch per hash would cost more than hashing a short message.
///
/// Unchecked: the pointers are to reference-counted, immutable OpenSSL objects that live as long as the process.
struct FetchedDigests: @unchecked Sendable {
  static let shared = FetchedDigests()

  let md5 = EVP_MD_fetch(nil, "MD5", nil)
  let sha1 = EVP_MD_fetch(nil, "SHA1", nil)
  let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
}

/// One OpenSSL digest in progress; the context is kept and used again for the next message.
struct DigestContext: ~Copyable {
  private let context: OpaquePointer
  private let digest: OpaquePointer
  private let byteCount: Int

  /// A context ready for the first byte. Traps for a checksum, and where OpenSSL refuses the algorithm.
  init(_ algorithm: HashAlgorithm) {
    guard let fetched = algorithm.fetched, let digest = fetched else {
      fatalError("OpenSSL on this machine does not provide \(algorithm.rawValue) (see HashAlgorithm.isAvailable)")
    }
    guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
    self.context = context
    self.digest = digest
    byteCount = algorithm.byteCount
    reset()
  }

  deinit { EVP_MD_CTX_free(context) }

  func reset() {
    let done = EVP_DigestInit_ex2(context, digest, nil)
    precondition(done == 1, "OpenSSL failed to start a digest")
  }

  func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    let done = EVP_DigestUpdate(context, base, bytes.count)
    precondition(done == 1, "OpenSSL failed to hash")
  }

  /// The digest of what was hashed since the last reset. The context must be reset before it hashes again.
  func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      let done = EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      precondition(done == 1, "OpenSSL failed to finish a digest")
      count = byteCount
    }
  }
}
