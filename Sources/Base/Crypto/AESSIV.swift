import COpenSSL

/// AES-256-SIV (RFC 5297): equal messages have equal ciphertexts, and nothing else can be seen of them. For names, whose ciphertext
/// must be found again.
///
/// Callable from any thread. The keyed state is made once and copied for each message, which is much cheaper than keying a cipher anew.
/// Unchecked: the two states are only read once they are made.
public final class AESSIV: @unchecked Sendable {
  /// Bytes of a key: one half authenticates, the other encrypts.
  public static let keySize = 64
  /// Bytes by which a ciphertext is longer than its message.
  public static let overhead = 16

  private let sealing: OpaquePointer
  private let opening: OpaquePointer

  /// A cipher under `key`, of 64 bytes, for messages of one purpose, which `context` names; it is not empty.
  public init(key: SecretBytes, context: [UInt8]) {
    precondition(key.count == Self.keySize && !context.isEmpty, "AES-256-SIV has keys of 64 bytes")
    sealing = Self.state(key, context, isSealing: true)
    opening = Self.state(key, context, isSealing: false)
  }

  deinit {
    EVP_CIPHER_CTX_free(sealing)
    EVP_CIPHER_CTX_free(opening)
  }

  /// The synthetic vector and the ciphertext of a message that is not empty.
  public func seal(_ message: some Collection<UInt8>) -> [UInt8] {
    let message = Array(message)
    precondition(!message.isEmpty, "an empty message has no name")
    return withCopy(of: sealing) { cipher in
      [UInt8](unsafeUninitializedCapacity: message.count + Self.overhead) { buffer, count in
        let out = buffer.baseAddress!
        var written: Int32 = 0
        var done = EVP_EncryptUpdate(cipher, out + Self.overhead, &written, message, Int32(message.count))
        var rest: Int32 = 0
        if done == 1 { done = EVP_EncryptFinal_ex(cipher, out + Self.overhead + Int(written), &rest) }
        if done == 1 { done = isobar_aead_get_tag(cipher, out) }
        precondition(done == 1 && Int(written) == message.count, "OpenSSL failed to encrypt")
        count = message.count + Self.overhead
      }
    }
  }

  /// The message; nil for what `seal` did not make under this key and context.
  public func open(_ sealed: some Collection<UInt8>) -> [UInt8]? {
    guard sealed.count > Self.overhead else { return nil }
    let sealed = Array(sealed)
    let length = sealed.count - Self.overhead
    return withCopy(of: opening) { cipher in
      var isGood = false
      let message = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
        sealed.withUnsafeBufferPointer { sealed in
          let source = sealed.baseAddress!
          var written: Int32 = 0
          let done = isobar_aead_set_tag(cipher, source)
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

  /// A cipher that has its key and has taken the context.
  private static func state(_ key: SecretBytes, _ context: [UInt8], isSealing: Bool) -> OpaquePointer {
    guard let siv = FetchedSIV.shared.cipher, let state = EVP_CIPHER_CTX_new() else {
      fatalError("OpenSSL on this machine does not provide AES-256-SIV")
    }
    var written: Int32 = 0
    let done = key.withBytes { key in
      let bytes = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return isSealing
        ? EVP_EncryptInit_ex2(state, siv, bytes, nil, nil) == 1
          && EVP_EncryptUpdate(state, nil, &written, context, Int32(context.count)) == 1
        : EVP_DecryptInit_ex2(state, siv, bytes, nil, nil) == 1
          && EVP_DecryptUpdate(state, nil, &written, context, Int32(context.count)) == 1
    }
    precondition(done, "OpenSSL failed to take a key")
    return state
  }

  private func withCopy<T>(of state: OpaquePointer, _ body: (OpaquePointer) -> T) -> T {
    guard let copy = EVP_CIPHER_CTX_new() else { fatalError("out of memory") }
    defer { EVP_CIPHER_CTX_free(copy) }
    let done = EVP_CIPHER_CTX_copy(copy, state)
    precondition(done == 1, "OpenSSL failed to copy a cipher")
    return body(copy)
  }
}

/// Unchecked: a pointer to a reference-counted, immutable OpenSSL object that lives as long as the process.
private struct FetchedSIV: @unchecked Sendable {
  static let shared = FetchedSIV()
  let cipher = EVP_CIPHER_fetch(nil, "AES-256-SIV", nil)
}
