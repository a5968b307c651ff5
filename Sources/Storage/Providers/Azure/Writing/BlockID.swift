import Crypto
import Primitives

/// The name of a block, which says whose it is and what is in it:
///
///     "isb1"   whose block it is: Isobar's, first form
///     16       the upload: made of the content's name, so that a later run of the same upload finds it, or of chance
///      4       when the upload began, in seconds since 1970: the service does not tell how old an unfinished upload is
///      4       its place in the upload
///      8       the CRC-64 of its bytes, which the service compared when they came
///
/// All of one length, as the service demands. In Base64 there are 48 letters.
struct BlockID: Hashable, Sendable {
  private static let mark = Array("isb1".utf8)
  static let count = 36
  /// The shortest names of other programs' blocks among which ours can be told apart by chance alone.
  static let leastCount = 16

  var upload: [UInt8]
  var begun: Int64
  var number: Int
  var crc: UInt64

  init(upload: [UInt8], begun: Int64, number: Int, crc: UInt64) {
    precondition(upload.count == 16, "an upload's name has 16 bytes")
    self.upload = upload
    self.begun = begun
    self.number = number
    self.crc = crc
  }

  /// Reads the name of a block; nil if it is not one of ours.
  init?(_ text: String) {
    guard let bytes = Base64.decode(text), bytes.count == Self.count, bytes.starts(with: Self.mark) else { return nil }
    func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
    upload = Array(bytes[4..<20])
    begun = Int64(number(20..<24))
    self.number = Int(number(24..<28))
    crc = number(28..<36)
  }

  private var bytes: [UInt8] {
    Self.mark + upload + CRC.bytes(UInt32(clamping: begun)) + CRC.bytes(UInt32(clamping: number)) + CRC.bytes(crc)
  }

  /// As the service takes it.
  var text: String { Base64.encode(bytes) }

  /// A name of another length, as unfinished blocks of another program demand it; nobody can read it again.
  /// - Parameter count: 16…64 bytes.
  func text(count: Int) -> String {
    if count == Self.count { return text }
    return Base64.encode((SHA256.hash(bytes) + SHA256.hash(bytes.reversed())).prefix(count))
  }
}

/// The service's CRC-64 is that of NVMe; its headers carry the bytes from the lowest on.
enum BlockCRC {
  static func of(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { CRC.crc64nvme($0) } }

  /// That of a stream of the kind `crc64nvme`, which ends with this.
  static func of(_ stream: HashStream) -> UInt64 {
    guard let bytes = stream.finish()[.crc64nvme] else { preconditionFailure("the stream computes another hash") }
    return bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  static func header(_ crc: UInt64) -> String { Base64.encode(CRC.bytes(crc).reversed()) }

  static func read(_ header: String?) -> UInt64? {
    guard let bytes = header.flatMap({ Base64.decode($0) }), bytes.count == 8 else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
