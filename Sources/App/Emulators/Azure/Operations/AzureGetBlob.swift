import Crypto
import Files
import HTTPMessages
import HTTPServer
import Primitives

/// "Get Blob", "Get Blob Properties" and "Get Blob Metadata".
extension AzureOperations {
  func getBlob(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "r")
    let key = try key(call)
    let conditions = try AzureConditions(call)
    let asked = try call.range("x-ms-range", "range")
    let wantsMD5 = try call.flag("x-ms-range-get-content-md5")
    let wantsCRC = try call.flag("x-ms-range-get-content-crc64")
    if (wantsMD5 || wantsCRC) && asked == nil { throw AzureFault.missingHeader("Range") }
    let (blob, range, extents) = try store.transaction { transaction in
      let blob = try readable(call, key, conditions, transaction)
      if blob.tier == .archive { throw AzureFault.blobArchived }
      let range = try Self.resolve(asked, size: blob.size)
      if (wantsMD5 || wantsCRC) && range.count > 4 << 20 { throw AzureFault.outOfRangeInput }
      let extents = try transaction.content(key).slice(range)
      // Kept from the moment they are found, so that nobody's overwriting takes them away from under the reader.
      store.retain(extents)
      return (blob, range, extents)
    }
    do {
      var answer = AzureAnswer(asked == nil ? 200 : 206)
      try addProperties(blob, call, to: &answer, isRange: asked != nil)
      try answer.add("Accept-Ranges", "bytes")
      if asked != nil {
        try answer.add("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(blob.size)")
        if wantsMD5 || wantsCRC {
          let sums = try store.digests(extents, wantsMD5 ? [.md5] : [.crc64nvme])
          try answer.add("Content-MD5", sums[.md5].map { Base64.encode($0) })
          try answer.add("x-ms-content-crc64", sums[.crc64nvme].map { Base64.encode($0.reversed()) })
        }
      }
      try store.serve(extents, in: &answer)
      return answer
    } catch {
      store.release(extents)
      throw error
    }
  }

  func blobProperties(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "r")
    let key = try key(call)
    let conditions = try AzureConditions(call)
    let blob = try store.transaction { try readable(call, key, conditions, $0) }
    var answer = AzureAnswer(200)
    try addProperties(blob, call, to: &answer, isRange: false)
    try answer.add("Accept-Ranges", "bytes")
    // The length is announced, and nothing is sent.
    answer.response.body = .source(NothingSource(), length: blob.size)
    return answer
  }

  func blobMetadata(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "r")
    let key = try key(call)
    let conditions = try AzureConditions(call)
    let blob = try store.transaction { try readable(call, key, conditions, $0) }
    var answer = AzureAnswer(200)
    try answer.addVersion(etag: blob.etag, modified: blob.modified)
    try answer.addMetadata(blob.metadata)
    return answer
  }

  /// The blob or snapshot, if the caller may read it now.
  func readable(
    _ call: AzureCall, _ key: AzureBlobKey, _ conditions: AzureConditions, _ transaction: AzureTransaction
  ) throws -> AzureBlob {
    _ = try transaction.container(key.container)
    let blob = try transaction.blobIfAny(key)
    try conditions.checkRead(blob?.version)
    guard let blob else { throw AzureFault.blobNotFound }
    try blob.lease.checkRead(call["x-ms-lease-id"], "blob", transaction.now)
    return blob
  }

  /// - Throws: `InvalidRange` where it begins behind the end.
  static func resolve(_ asked: (first: Int64, last: Int64?)?, size: Int64) throws(AzureFault) -> Range<Int64> {
    guard let asked else { return 0..<size }
    guard asked.first < size else {
      var fault = AzureFault.invalidRange
      try? fault.headers.add("Content-Range", "bytes */\(size)")
      throw fault
    }
    let last = min(asked.last ?? size - 1, size - 1)
    return asked.first..<last + 1
  }

  /// - Parameter isRange: whether a part is answered; the MD5 of the whole then has a name of its own.
  func addProperties(_ blob: AzureBlob, _ call: AzureCall, to answer: inout AzureAnswer, isRange: Bool) throws {
    try answer.addVersion(etag: blob.etag, modified: blob.modified)
    try answer.add("Content-Type", blob.settings.contentType)
    try answer.add("Content-Encoding", blob.settings.contentEncoding)
    try answer.add("Content-Language", blob.settings.contentLanguage)
    try answer.add("Content-Disposition", blob.settings.contentDisposition)
    try answer.add("Cache-Control", blob.settings.cacheControl)
    for field in call.grant.overrides { try answer.response.headers.set(field.header, field.value) }
    try answer.add(isRange ? "x-ms-blob-content-md5" : "Content-MD5", blob.settings.contentMD5)
    try answer.add("x-ms-blob-type", blob.kind.rawValue)
    try answer.add("x-ms-creation-time", blob.created.rfc1123)
    try answer.add("x-ms-server-encrypted", "true")
    let state = blob.lease.state(call.now)
    try answer.add("x-ms-lease-status", blob.lease.isLocked(call.now) ? "locked" : "unlocked")
    try answer.add("x-ms-lease-state", state.rawValue)
    try answer.add("x-ms-lease-duration", blob.lease.durationText(call.now))
    if blob.kind == .block {
      try answer.add("x-ms-access-tier", (blob.tier ?? .hot).rawValue)
      if blob.tier == nil { try answer.add("x-ms-access-tier-inferred", "true") }
      try answer.add("x-ms-access-tier-change-time", blob.tierChanged?.rfc1123)
      if let rehydration = blob.rehydration {
        try answer.add("x-ms-archive-status", "rehydrate-pending-to-\(rehydration.tier.rawValue.lowercased())")
        try answer.add("x-ms-rehydrate-priority", rehydration.priority)
      }
    }
    if blob.kind == .page { try answer.add("x-ms-blob-sequence-number", String(blob.sequence)) }
    if blob.kind == .append { try answer.add("x-ms-blob-committed-block-count", String(blob.appends)) }
    if blob.isSealed { try answer.add("x-ms-blob-sealed", "true") }
    if !blob.tags.isEmpty { try answer.add("x-ms-tag-count", String(blob.tags.count)) }
    if let copy = blob.copy {
      try answer.add("x-ms-copy-id", copy.id)
      try answer.add("x-ms-copy-source", copy.source)
      try answer.add("x-ms-copy-status", copy.status.rawValue)
      try answer.add("x-ms-copy-progress", "\(copy.status == .success ? copy.size : 0)/\(copy.size)")
      try answer.add("x-ms-copy-completion-time", copy.completed?.rfc1123)
    }
    try answer.addMetadata(blob.metadata)
  }
}

/// Nothing, where only the length is asked for.
private final class NothingSource: ByteSource {
  func read(into buffer: UnsafeMutableRawBufferPointer) -> ByteSourceResult { .end }
  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}
