import COpenSSL

/// AES-256-SIV (RFC 5297): equal messages have equal ciphertexts, and nothing else can be seen of them. For names, whose ciphertext
/// must be found again.
///
/// Callable from any thread; about 3 µs a message.
public struct AESSIV: Sendable {
  /// Bytes of a key: one half authenticates, the other encrypts.
  public static let keySize = 64
  /// Bytes by which a ciphertext is longer than its message.
  public static let overhead = 16

  private let key: SecretBytes

  /// A cipher under `key`, of 64 bytes.
  public init(key: SecretBytes) {
    precondition(key.count == Self.keySize, "AES-256-SIV has keys of 64 bytes")
    self.key = key
  }

  /// The synthetic vector and the ciphertext of a message that is not empty; `context`, which is not empty either, must be the same
  /// at opening.
  public func seal(_ message: some Collection<UInt8>, context: [UInt8]) -> [UInt8] {
    let message = Array(message)
    precondition(!message.isEmpty && !context.isEmpty)
    return withCipher(sealing: true) { cipher in
      [UInt8](unsafeUninitializedCapacity: message.count + Self.overhead) { buffer, count in
        let out = buffer.baseAddress!
        var written: Int32 = 0
        var done = EVP_EncryptUpdate(cipher, nil, &written, context, Int32(context.count))
        if done == 1 { done = EVP_EncryptUpdate(cipher, out + Self.overhead, &written, message, Int32(message.count)) }
        var rest: Int32 = 0
        if done == 1 { done = EVP_EncryptFinal_ex(cipher, out + Self.overhead + Int(written), &rest) }
        if done == 1 { done = isobar_aead_get_tag(cipher, out) }
        precondition(done == 1 && Int(written) == message.count, "OpenSSL failed to encrypt")
        count = message.count + Self.overhead
      }
    }
  }

  /// The message; nil for what `seal` did not make under this key and context.
  public func open(_ sealed: some Collection<UInt8>, context: [UInt8]) -> [UInt8]? {
    guard sealed.count > Self.overhead, !context.isEmpty else { return nil }
    let sealed = Array(sealed)
    let length = sealed.count - Self.overhead
    return withCipher(sealing: false) { cipher in
      var isGood = false
      let message = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
        sealed.withUnsafeBufferPointer { sealed in
          let source = sealed.baseAddress!
          var written: Int32 = 0
          var done = isobar_aead_set_tag(cipher, source)
          if done == 1 { done = EVP_DecryptUpdate(cipher, nil, &written, context, Int32(context.count)) }
          precondition(done == 1, "OpenSSL failed to decrypt")
          // The code is compared here, not at the end.
          isGood =
            EVP_DecryptUpdate(cipher, buffer.baseAddress, &written, source + Self.overhead, Int32(length)) == 1
            && Int(written) == length
          var rest: Int32 = 0
          if isGood { isGood = EVP_DecryptFinal_ex(cipher, buffer.baseAddress! + length, &rest) == 1 }
        }
        count = isGood ? length : 0
      }
      if !isGood { ERR_clear_error() }
      return isGood ? message : nil
    }
  }

  private func withCipher<T>(sealing: Bool, _ body: (OpaquePointer) -> T) -> T {
    guard let siv = FetchedSIV.shared.cipher, let context = EVP_CIPHER_CTX_new() else {
      fatalError("OpenSSL on this machine does not provide AES-256-SIV")
    }
    defer { EVP_CIPHER_CTX_free(context) }
    let done = key.withBytes { key in
      let bytes = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return sealing
        ? EVP_EncryptInit_ex2(context, siv, bytes, nil, nil) : EVP_DecryptInit_ex2(context, siv, bytes, nil, nil)
    }
    precondition(done == 1, "OpenSSL failed to take a key")
    return body(context)
  }
}

/// Unchecked: a pointer to a reference-counted, immutable OpenSSL object that lives as long as the process.
private struct FetchedSIV: @unchecked Sendable {
  static let shared = FetchedSIV()
  let cipher = EVP_CIPHER_fetch(nil, "AES-256-SIV", nil)
}
