import Age
import Crypto

/// Nothing that comes in makes the parsers crash, and a header that is taken survives being written again.
///
/// The first byte picks the parser, so that one corpus serves the header, the files of keys and the armor.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let all = Array(UnsafeRawBufferPointer(start: start, count: count))
  guard let choice = all.first else { return 0 }
  let bytes = Array(all.dropFirst())
  switch choice {
  case UInt8(ascii: "h"):
    guard let header = try? Header.parse(bytes) else { return 0 }
    precondition(!header.stanzas.isEmpty && header.byteCount <= bytes.count)
    precondition(header.encodedAgain == Array(bytes[..<header.byteCount]), "a header has two spellings")
    // Whole or cut, it is never taken for another.
    precondition((try? Header.parse(Array(bytes[..<(header.byteCount - 1)]))) == nil, "a cut header is taken for a whole one")
    _ = try? header.open(fuzzIdentities)
  case UInt8(ascii: "i"):
    guard let identities = try? KeyFile.identities(SecretBytes(copying: bytes)) else { return 0 }
    for identity in identities {
      guard let text = identity.text else { continue }
      let again = try? text.withBytes { try Identity($0) }
      precondition(again?.recipient == identity.recipient, "an identity does not survive writing")
    }
  case UInt8(ascii: "r"):
    guard let recipients = try? KeyFile.recipients(bytes) else { return 0 }
    for recipient in recipients {
      precondition((try? Recipient("\(recipient)")) == recipient, "a recipient does not survive writing")
    }
  case UInt8(ascii: "a"):
    guard let file = try? Armor.decode(bytes) else { return 0 }
    precondition((try? Armor.decode(Armor.encode(file))) == file, "an armor does not survive writing")
  default: break
  }
  return 0
}

private let fuzzIdentities = {
  let text = Array("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX".utf8)
  let identity = text.withUnsafeBytes { try? Identity($0) }
  return [identity].compactMap { $0 }
}()
