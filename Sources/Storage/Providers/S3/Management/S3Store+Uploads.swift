import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
public import Primitives

/// An upload in parts that was begun and neither completed nor aborted: its parts take space and cost money, and no listing
/// shows them.
public struct UnfinishedUpload: Sendable, Hashable {
  /// Where the object would be.
  public let key: ObjectKey
  /// The service's name for it.
  public let uploadID: String
  /// When it was begun, by the service's clock; nil if the service does not say.
  public let begun: Timestamp?

  /// An upload of this id.
  public init(key: ObjectKey, uploadID: String, begun: Timestamp?) {
    self.key = key
    self.uploadID = uploadID
    self.begun = begun
  }
}

extension S3Store {
  /// The uploads below the store's prefix that are under way or were left behind. One request per 1,000.
  public func unfinishedUploads() async throws -> [UnfinishedUpload] {
    var uploads: [UnfinishedUpload] = []
    var marker: (key: [UInt8], upload: String)?
    while true {
      var request = S3Request(.listUploads, .get)
      request.query.append("uploads")
      if !configuration.prefix.isEmpty { request.query.append("prefix", bytes: configuration.prefix) }
      if let marker {
        request.query.append("key-marker", bytes: marker.key)
        request.query.append("upload-id-marker", marker.upload)
      }
      let answer: XMLElement
      do {
        answer = try result(try await client.send(request, into: .memory(limit: 16 << 20)), request)
      } catch let error as StorageError where error.code == .notFound {
        // So says rclone's server where there are none.
        return uploads
      }
      for upload in answer.children("Upload") {
        guard let path = upload.child("Key")?.text, let id = upload.child("UploadId")?.string, !id.isEmpty,
          path.starts(with: configuration.prefix), let key = try? ObjectKey(Array(path.dropFirst(configuration.prefix.count)))
        else { continue }
        uploads.append(
          UnfinishedUpload(key: key, uploadID: id, begun: upload.child("Initiated").flatMap { Timestamp(iso8601: $0.string) }))
      }
      guard answer.child("IsTruncated")?.string == "true", let key = answer.child("NextKeyMarker")?.text,
        let upload = answer.child("NextUploadIdMarker")?.string, marker?.key != key || marker?.upload != upload
      else { return uploads }
      marker = (key, upload)
    }
  }

  /// Aborts uploads that were begun more than `age` ago, by the service's clock, and removes what trials left behind that were
  /// killed. Uploads of other programs below the prefix are among them: choose an age that no upload reaches.
  /// - Returns: the uploads that are gone now.
  public func cleanupUploads(olderThan age: Duration) async throws -> [UnfinishedUpload] {
    let limit = client.clock.now() - age
    var gone: [UnfinishedUpload] = []
    for upload in try await unfinishedUploads() {
      guard let begun = upload.begun, begun < limit else { continue }
      var request = S3Request(.abortUpload, .delete, key: upload.key, path: path(upload.key))
      request.query.append("uploadId", upload.uploadID)
      do {
        _ = try await client.send(request, into: .discard)
      } catch let error as StorageError where error.code == .notFound {}
      gone.append(upload)
    }
    let trials = list(KeyPrefix(trusted: Array(".isobar/probe-".utf8)), ListOptions())
    while let page = try await trials.next() {
      let old = page.entries.filter { $0.stored.map { $0 < limit } ?? false }
      for outcome in try await delete(old.map { DeleteTarget($0.key) }) { if let error = outcome.error { throw error } }
    }
    return gone
  }

  /// Also those of this machine's processes that are known to have died, whatever their age. What trials left is not counted.
  public func removeAbandonedUploads(olderThan age: Duration, isDry: Bool) async throws -> Int {
    let now = client.clock.now()
    if isDry { return try await unfinishedUploads().count { $0.begun.map { $0 < now - age } ?? false } }
    return try await abortAbandonedUploads(resumableOlderThan: .zero) + cleanupUploads(olderThan: age).count
  }
}
