import HTTPMessages
import Markup
import ObjectStorage
import ProviderSupport

@testable import GCSStorage

/// What comes from Google Cloud Storage: objects, errors, batches, headers of media, files of credentials. The first byte chooses.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  let rest = Array(bytes.dropFirst())
  switch bytes.first {
  case UInt8(ascii: "o"): object(rest)
  case UInt8(ascii: "e"):
    let error = ServiceError(rest)
    _ = ErrorMeaning.of(reason: error.reason, status: Int(rest.first ?? 0) + 300)
  case UInt8(ascii: "b"):
    for (index, answer) in BatchAnswer.parse(rest, type: "multipart/mixed; boundary=b") {
      precondition(index >= 0 && (100...999).contains(answer.status) && answer.body.count <= rest.count)
    }
  case UInt8(ascii: "m"): media(rest)
  default: _ = try? CredentialFile(rest, place: "a file")
  }
  return 0
}

private func object(_ bytes: [UInt8]) {
  guard let json = try? JSONValue.parse(bytes), let object = ObjectResource(json) else { return }
  precondition(object.size >= 0 && !object.name.isEmpty && ObjectResource.isGeneration(object.generation))
  precondition(object.md5?.count ?? 16 == 16 && object.crc32c?.count ?? 4 == 4)
  guard let key = try? ObjectKey(object.name) else { return }
  precondition(object.info(key).entry.size == object.size)
}

private func media(_ bytes: [UInt8]) {
  var headers = HTTPHeaders()
  for line in bytes.split(separator: 0x0A) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
    try? headers.add(
      String(decoding: line[..<colon], as: UTF8.self), String(decoding: line[line.index(after: colon)...], as: UTF8.self))
  }
  let head = MediaHead(headers, nil)
  if let (range, size) = head.contentRange { precondition(!range.isEmpty && range.upperBound <= size) }
  precondition(head.contentLength ?? 0 >= 0)
}
