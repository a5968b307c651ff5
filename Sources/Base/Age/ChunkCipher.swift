import Crypto

/// Seals and opens the chunks of one payload: 64 KiB each, under a nonce that counts them and marks the last.
///
/// Allocates nothing per chunk. Unchecked: used by one caller at a time.
final class ChunkCipher: @unchecked Sendable {
  /// Bytes of plaintext in every chunk but the last.
  static let plainSize = 64 << 10
  /// Bytes of ciphertext of such a chunk.
  static let sealedSize = plainSize + ChaChaPoly.tagSize

  private let cipher: ChaChaPoly
  /// Eleven bytes of counter, most significant first, and the mark of the last chunk. Only this class writes it.
  private let nonce: UnsafeMutableRawBufferPointer

  init(key: SecretBytes) {
    cipher = ChaChaPoly(key: key)
    nonce = .allocate(byteCount: ChaChaPoly.nonceSize, alignment: 1)
    nonce.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit { nonce.deallocate() }

  func seal(_ plain: UnsafeRawBufferPointer, chunk: Int64, isLast: Bool, into out: UnsafeMutableRawBufferPointer) {
    set(chunk, isLast)
    cipher.seal(plain, nonce: UnsafeRawBufferPointer(nonce), into: out)
  }

  func open(_ sealed: UnsafeRawBufferPointer, chunk: Int64, isLast: Bool, into out: UnsafeMutableRawBufferPointer) -> Bool {
    set(chunk, isLast)
    return cipher.open(sealed, nonce: UnsafeRawBufferPointer(nonce), into: out)
  }

  private func set(_ chunk: Int64, _ isLast: Bool) {
    var rest = UInt64(chunk)
    for index in stride(from: 10, through: 3, by: -1) {
      nonce[index] = UInt8(truncatingIfNeeded: rest)
      rest >>= 8
    }
    nonce[11] = isLast ? 1 : 0
  }
}

/// Memory of a fixed size that lives as long as the object and may hold plaintext: it is wiped at the end.
///
/// Unchecked: used by one caller at a time.
final class WorkBuffer: @unchecked Sendable {
  let memory: UnsafeMutableRawBufferPointer

  init(_ count: Int) { memory = .allocate(byteCount: count, alignment: 64) }

  deinit {
    Wipe.bytes(memory)
    memory.deallocate()
  }

  func read(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[range]) }

  func write(_ range: Range<Int>) -> UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[range]) }
}
