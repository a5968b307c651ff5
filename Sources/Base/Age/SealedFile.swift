import Crypto
public import Primitives

/// One file about to be encrypted: its header and keys are made once, so that every source of it gives the same bytes.
///
/// A value for one content: encrypting two contents with one `SealedFile` would give away both.
public struct SealedFile: Sendable {
  /// Where everything lies in the encrypted file.
  public let layout: PayloadLayout
  /// Header and nonce.
  let head: [UInt8]
  private let payloadKey: SecretBytes

  /// Prepares a file with a new key. About 80 µs per recipient; a passphrase takes its work factor.
  /// - Parameters:
  ///   - plainLength: bytes that will be encrypted.
  ///   - recipients: who can open it; at least one.
  ///   - extra: stanzas that other readers ignore, made with the file's key. None beside a passphrase.
  /// - Throws: `AgeError` `.key` where a recipient cannot be used.
  public init(plainLength: Int64, recipients: [Recipient], extra: (FileKey) throws -> [Stanza] = { _ in [] }) throws {
    let key = FileKey()
    let header = try Header.encode(for: recipients, key, keeping: extra(key))
    let nonce = Random.bytes(PayloadLayout.nonceSize)
    payloadKey = key.payloadKey(nonce: nonce)
    layout = PayloadLayout(headerLength: header.count, plainLength: plainLength)
    head = header + nonce
  }

  /// Bytes of the encrypted file.
  public var length: Int64 { layout.fileLength }

  /// A source of a part of the encrypted file.
  /// - Parameters:
  ///   - range: within `0..<length`.
  ///   - verify: called after content was read and before it is sealed; throws if it may be another than what was sealed before. Needed
  ///     for what was given already, where the content can change.
  ///   - plain: gives a source of exactly the bytes of a range of the content. Called at once, if any is needed.
  public func source(
    _ range: Range<Int64>, verify: (@Sendable () throws -> Void)? = nil, plain: (Range<Int64>) throws -> any ByteSource
  ) rethrows -> any ByteSource {
    precondition(range.lowerBound >= 0 && range.upperBound <= length, "a range beyond the file")
    let headRange = Int(min(range.lowerBound, layout.start))..<Int(min(range.upperBound, layout.start))
    let (chunks, skip) = layout.chunks(ofFile: range)
    guard !chunks.isEmpty else { return MemorySource(head[headRange]) }
    let first = layout.plainRange(ofChunk: chunks.lowerBound)
    let last = layout.plainRange(ofChunk: chunks.upperBound - 1)
    let content = first.lowerBound..<last.upperBound
    return EncryptingSource(
      head: head[headRange], cipher: ChunkCipher(key: payloadKey), base: try plain(content), content: content, layout: layout,
      skip: skip, count: Int64(range.count), verify: verify)
  }

  /// The whole file of a content that is at hand.
  public static func encrypt(_ plain: [UInt8], for recipients: [Recipient]) throws -> [UInt8] {
    let file = try SealedFile(plainLength: Int64(plain.count), recipients: recipients)
    let source = file.source(0..<file.length) { MemorySource(plain[Int($0.lowerBound)..<Int($0.upperBound)]) }
    return try [UInt8](unsafeUninitializedCapacity: Int(file.length)) { buffer, count in
      while count < buffer.count {
        guard
          case .bytes(let read) = try source.read(
            into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
        else { throw AgeError(.source, "the content ended early") }
        count += read
      }
    }
  }
}
