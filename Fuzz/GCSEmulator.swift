import HTTPMessages
import Markup

@testable import Emulators

/// What clients send to the emulator of Cloud Storage: paths, queries, choices of fields, bodies in parts, ranges, gzip. The first byte
/// chooses.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let rest = Array(bytes.dropFirst())
  let text = String(decoding: rest, as: UTF8.self)
  switch bytes.first {
  case UInt8(ascii: "r"): _ = GCSRoute(path: text)
  case UInt8(ascii: "q"): if let query = try? GCSQuery(text) { _ = (query["a"], query.all("b"), try? query.number("c")) }
  case UInt8(ascii: "f"):
    guard let fields = try? GCSFields(text) else { return 0 }
    let json: JSONValue = ["items": [["name": "a", "size": "1"], ["name": "b"]], "nextPageToken": "t"]
    _ = fields.apply(json)
  case UInt8(ascii: "m"): related(rest)
  case UInt8(ascii: "b"):
    for part in MIMEParts.split(rest, boundary: Array("b".utf8)) ?? [] {
      if let (head, _) = MIMEParts.message(part) { _ = MIMEParts.headers(head) }
    }
  case UInt8(ascii: "c"):
    if let range = GCSContentRange(text)?.range { precondition(range.lowerBound >= 0 && !range.isEmpty) }
    if let range = GCSByteRange(text)?.range(of: 1000) { precondition(!range.isEmpty && range.upperBound <= 1000) }
  case UInt8(ascii: "p"): _ = GCSListing.Position(text)
  default: if let plain = Gunzip.unpack(rest, limit: 1 << 20) { precondition(plain.count <= 1 << 20) }
  }
  return 0
}

/// Whatever the size of the pieces, the same media come out.
private func related(_ bytes: [UInt8]) {
  func split(_ piece: Int) -> (media: [UInt8], document: [UInt8])? {
    var (splitter, media) = (RelatedSplitter(boundary: Array("b".utf8)), [UInt8]())
    var rest = bytes[...]
    while !rest.isEmpty {
      guard (try? rest.prefix(piece).withUnsafeBytes({ try splitter.feed($0) { media += $0 } })) != nil else { return nil }
      rest = rest.dropFirst(piece)
    }
    return splitter.isOver ? (media, splitter.document) : nil
  }
  let (whole, cut) = (split(max(1, bytes.count)), split(3))
  precondition(whole?.media == cut?.media && whole?.document == cut?.document, "the pieces' size changes what is read")
}
