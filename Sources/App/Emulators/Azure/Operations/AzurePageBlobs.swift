import Crypto
import HTTPMessages
import HTTPServer
import Primitives

/// "Put Page", "Get Page Ranges", and what "Set Blob Properties" does to page blobs.
extension AzureOperations {
  func putPage(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.object, "w")
    if let source = call["x-ms-copy-source"] { throw AzureFault.invalidHeader("x-ms-copy-source", source) }
    let check = try AzureBodyCheck(call)
    guard let asked = try call.range("x-ms-range", "range"), let last = asked.last else { throw AzureFault.missingHeader("Range") }
    let range = asked.first..<last + 1
    guard range.lowerBound % 512 == 0, range.upperBound % 512 == 0 else { throw AzureFault.invalidPageRange }
    let length = try call.contentLength()
    switch call["x-ms-page-write"]?.lowercased() {
    case "update":
      guard range.count <= 4 << 20 else { throw AzureFault.requestBodyTooLarge }
      guard length == Int64(range.count) else { throw AzureFault.invalidHeader("Content-Length", String(length)) }
      let file = try await receive(call, limit: 4 << 20, check)
      return try write(call, range, AzureExtent(file), receiving: file, check)
    case "clear":
      guard length == 0 else { throw AzureFault.invalidHeader("Content-Length", String(length)) }
      return try write(call, range, AzureExtent(nil, range), receiving: nil, check)
    case nil: throw AzureFault.missingHeader("x-ms-page-write")
    case let action?: throw AzureFault.invalidHeader("x-ms-page-write", action)
    }
  }

  private func write(
    _ call: AzureCall, _ range: Range<Int64>, _ extent: AzureExtent, receiving file: Blob?, _ check: AzureBodyCheck
  ) throws -> AzureAnswer {
    let conditions = try AzureConditions(call)
    let key = try writableKey(call)
    let blob = try store.transaction(receiving: file) { transaction in
      _ = try transaction.container(key.container)
      let old = try transaction.blobIfAny(key)
      try conditions.checkWrite(old?.version)
      guard var blob = old else { throw AzureFault.blobNotFound }
      guard blob.kind == .page else { throw AzureFault.invalidBlobType }
      try blob.lease.checkWrite(call["x-ms-lease-id"], "blob", transaction.now)
      try checkSequence(call, blob.sequence)
      guard range.upperBound <= blob.size else { throw AzureFault.invalidPageRange }
      let content = try transaction.content(key)
      blob.lease.settleAfterWrite(transaction.now)
      blob.etag = try transaction.tick()
      blob.modified = transaction.now
      let extents = content.slice(0..<range.lowerBound) + [extent] + content.slice(range.upperBound..<blob.size)
      try transaction.put(key, blob, content: AzureContent(extents: extents))
      return blob
    }
    var answer = AzureAnswer(201)
    try answer.addVersion(etag: blob.etag, modified: blob.modified)
    if let file { try check.addSums(file.digests, to: &answer) }
    try answer.add("x-ms-blob-sequence-number", String(blob.sequence))
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }

  private func checkSequence(_ call: AzureCall, _ sequence: Int64) throws(AzureFault) {
    if let limit = try call.number("x-ms-if-sequence-number-le"), sequence > limit { throw .sequenceNumber }
    if let limit = try call.number("x-ms-if-sequence-number-lt"), sequence >= limit { throw .sequenceNumber }
    if let value = try call.number("x-ms-if-sequence-number-eq"), sequence != value { throw .sequenceNumber }
  }

  func getPageRanges(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "r")
    let key = try key(call)
    if let earlier = call.query["prevsnapshot"] { throw AzureFault.invalidQuery("prevsnapshot", earlier, "Not supported here.") }
    let conditions = try AzureConditions(call)
    let asked = try call.range("x-ms-range", "range")
    let (blob, range, extents) = try store.transaction { transaction in
      let blob = try readable(call, key, conditions, transaction)
      guard blob.kind == .page else { throw AzureFault.invalidBlobType }
      let range = try Self.resolve(asked, size: blob.size)
      return (blob, range, try transaction.content(key).slice(range))
    }
    var ranges: [Range<Int64>] = []
    var start = range.lowerBound
    for extent in extents {
      let end = start + extent.count
      if extent.file != nil {
        if let last = ranges.last, last.upperBound == start {
          ranges[ranges.count - 1] = last.lowerBound..<end
        } else {
          ranges.append(start..<end)
        }
      }
      start = end
    }
    var xml = AzureXML()
    xml.element("PageList") { xml in
      for range in ranges {
        xml.element("PageRange") { xml in
          xml.element("Start", String(range.lowerBound))
          xml.element("End", String(range.upperBound - 1))
        }
      }
    }
    var answer = AzureAnswer(200)
    try answer.addVersion(etag: blob.etag, modified: blob.modified)
    try answer.add("x-ms-blob-content-length", String(blob.size))
    try answer.body(xml)
    return answer
  }

  /// Whole pages, 8 TiB at most.
  static func isPageBlobSize(_ size: Int64) -> Bool { size % 512 == 0 && size <= 8 << 40 }

  func resize(_ blob: inout AzureBlob, _ key: AzureBlobKey, to size: Int64, _ transaction: AzureTransaction) throws {
    var content = try transaction.content(key)
    if size < blob.size {
      content.extents = content.slice(0..<size)
    } else if size > blob.size {
      content.extents.append(AzureExtent(nil, 0..<size - blob.size))
    }
    blob.size = size
    try transaction.put(key, blob, content: content)
  }

  func setSequenceNumber(_ call: AzureCall, _ blob: inout AzureBlob) throws(AzureFault) {
    guard let action = call["x-ms-sequence-number-action"]?.lowercased() else { return }
    let number = try call.number("x-ms-blob-sequence-number")
    switch (action, number) {
    case ("increment", nil) where blob.sequence < .max: blob.sequence += 1
    case ("max", let number?): blob.sequence = max(blob.sequence, number)
    case ("update", let number?): blob.sequence = number
    default: throw .invalidHeader("x-ms-sequence-number-action", action)
    }
  }
}
