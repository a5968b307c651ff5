import HTTPMessages
import HTTPServer
import Primitives

/// The conditions that a request puts on what is there ("Specifying conditional headers for Blob service operations").
struct AzureConditions {
  /// An ETag without its quotes, or a star.
  private var match: String?
  private var noneMatch: String?
  private var modifiedSince: Timestamp?
  private var unmodifiedSince: Timestamp?

  /// - Parameter prefix: `x-ms-source-` for conditions on what is copied.
  init(_ call: AzureCall, prefix: String = "") throws(AzureFault) {
    match = try Self.etag(call, prefix + "if-match")
    noneMatch = try Self.etag(call, prefix + "if-none-match")
    modifiedSince = try Self.time(call, prefix + "if-modified-since")
    unmodifiedSince = try Self.time(call, prefix + "if-unmodified-since")
    if let tags = call[prefix + "if-tags"] ?? call["x-ms-if-tags"] { throw .invalidHeader("x-ms-if-tags", tags) }
  }

  private static func etag(_ call: AzureCall, _ name: String) throws(AzureFault) -> String? {
    guard let text = call[name] else { return nil }
    guard !text.contains(",") else { throw .multipleConditions }
    if text.hasPrefix("\""), text.hasSuffix("\""), text.utf8.count >= 2 { return String(text.dropFirst().dropLast()) }
    return text
  }

  private static func time(_ call: AzureCall, _ name: String) throws(AzureFault) -> Timestamp? {
    guard let text = call[name] else { return nil }
    guard let time = Timestamp(rfc1123: text) else { throw .invalidHeader(name, text) }
    return time
  }

  /// For reading: `If-Match` and `If-Unmodified-Since` and (`If-None-Match` or `If-Modified-Since`).
  /// - Parameter version: of what is there; nil if there is nothing.
  func checkRead(_ version: (etag: Int64, modified: Timestamp)?) throws(AzureFault) {
    if noneMatch == "*" { throw .unsatisfiableCondition }
    guard let version else {
      if match != nil { throw .conditionNotMet }
      return
    }
    let etag = AzureTicks.etag(version.etag)
    if let match, match != "*", match != etag { throw .conditionNotMet }
    if let unmodifiedSince, version.modified.seconds > unmodifiedSince.seconds { throw .conditionNotMet }
    let isOther = noneMatch.map { $0 != etag }
    let isNewer = modifiedSince.map { version.modified.seconds > $0.seconds }
    guard isOther != nil || isNewer != nil else { return }
    if isOther != true, isNewer != true { throw .notModified }
  }

  /// For writing: of each pair of ETag and time the ETag decides.
  /// - Parameter creates: whether the request may make what is not there: then `If-None-Match: *` is refused with
  ///   `BlobAlreadyExists`.
  func checkWrite(_ version: (etag: Int64, modified: Timestamp)?, creates: Bool = false) throws(AzureFault) {
    guard match == nil || (noneMatch == nil && modifiedSince == nil) else { throw .multipleConditions }
    guard noneMatch == nil || unmodifiedSince == nil else { throw .multipleConditions }
    guard modifiedSince == nil || unmodifiedSince == nil else { throw .multipleConditions }
    guard let version else {
      if match != nil { throw .conditionNotMet }
      return
    }
    let etag = AzureTicks.etag(version.etag)
    if let noneMatch {
      if noneMatch == "*" {
        throw creates ? .blobAlreadyExists : .conditionNotMet
      }
      if noneMatch == etag { throw .conditionNotMet }
    } else if let match {
      if match != "*", match != etag { throw .conditionNotMet }
    } else if let modifiedSince {
      if version.modified.seconds <= modifiedSince.seconds { throw .conditionNotMet }
    } else if let unmodifiedSince, version.modified.seconds > unmodifiedSince.seconds {
      throw .conditionNotMet
    }
  }

  /// For what is copied: as for reading, but always refused the same way.
  func checkSource(_ version: (etag: Int64, modified: Timestamp)) throws(AzureFault) {
    do throws(AzureFault) { try checkRead(version) } catch { throw .sourceConditionNotMet }
  }
}
