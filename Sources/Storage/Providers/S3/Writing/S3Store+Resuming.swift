import Crypto
import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// A part that the service has of an unfinished upload.
struct ListedPart: Sendable, Equatable {
  /// As the service spells it, quotes included.
  let tag: String
  let length: Int64
  let crc32c: [UInt8]?
}

/// Going on with an upload that was interrupted: what the service has, and is what would be sent, is not sent again.
extension S3Store {
  /// Names an upload's content, parts and headers: an upload of the same name has the same bytes in the same parts.
  static func resumption(
    of payload: Payload, partSize: Int64, headers: [(name: String, value: String)], keepsChecksum: Bool
  ) -> [UInt8]? {
    guard let content = payload.contentID else { return nil }
    var text = "\(payload.length) \(partSize) \(keepsChecksum)\n"
    for (name, value) in headers { text += "\(name): \(value)\n" }
    return SHA256.hash(Array(text.utf8) + content)
  }

  /// The parts that the service has of an upload; nil if it does not know the upload, or does not tell. One request per 1,000.
  func listParts(of key: ObjectKey, uploadID: String) async throws -> [Int: ListedPart]? {
    var found: [Int: ListedPart] = [:]
    var marker = 0
    do {
      while true {
        var request = S3Request(.listParts, .get, key: key, path: path(key))
        request.query.append("uploadId", uploadID)
        if marker > 0 { request.query.append("part-number-marker", String(marker)) }
        let response = try await client.send(request, into: .memory(limit: 16 << 20))
        let answer = try result(response, request)
        for part in answer.children("Part") {
          guard let number = part.child("PartNumber").flatMap({ Int($0.string) }), let tag = part.child("ETag")?.string,
            !tag.isEmpty,
            let length = part.child("Size").flatMap({ Int64($0.string) }),
            (1...Int(S3Configuration.Limits.partCount)).contains(number)
          else { continue }
          let crc = part.child("ChecksumCRC32C").flatMap { Base64.decode($0.string) }
          found[number] = ListedPart(tag: tag, length: length, crc32c: crc)
        }
        // Numbers only rise: a server that goes back and forth is not followed for ever.
        guard answer.child("IsTruncated")?.string == "true",
          let next = answer.child("NextPartNumberMarker").flatMap({ Int($0.string) }), next > marker
        else { return found }
        marker = next
      }
    } catch let error as StorageError where [.notFound, .unsupported, .permissionDenied, .invalidArgument].contains(error.code) {
      return nil
    }
  }

  /// Counts those of the listed parts that hold the payload's bytes. They are read here, to be compared.
  func keepParts(_ listed: [Int: ListedPart], of payload: Payload, _ plan: PartPlan, for upload: S3MultipartWrite) async throws
    -> Set<Int>
  {
    var kept: Set<Int> = []
    // Parts of one length are hashed side by side; the last may be shorter.
    let candidates = listed.filter { number, part in number <= plan.count && part.length == Int64(plan.range(number).count) }
    let groups = Dictionary(grouping: candidates.keys.sorted()) { candidates[$0]!.length }.values
    for group in groups {
      for start in stride(from: 0, to: group.count, by: HashLanes.width) {
        try Task.checkCancellation()
        let numbers = Array(group[start..<min(start + HashLanes.width, group.count)])
        guard
          let digests = try await preparer.hash(
            payload, together: numbers.map(plan.range), hashes: upload.integrity.hashes.union([.md5, .crc32c]), key: upload.key)
        else { return kept }
        for (number, digest) in zip(numbers, digests) where upload.keep(part: number, candidates[number]!, digests: digest) {
          kept.insert(number)
        }
      }
    }
    try payload.verifyUnchanged()
    return kept
  }
}
