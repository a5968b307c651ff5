import HTTPClient
public import ObjectStorage

/// Remembers uploads in parts for as long as they are under way, outside the process: what a killed one left is then known for sure,
/// and can be thrown away without guessing by its age whether somebody still goes on with it.
public protocol S3UploadRecords: Sendable {
  /// Notes an upload of this process.
  /// - Parameters:
  ///   - content: names what is uploaded, and how it is cut into parts; nil if nobody can go on with it.
  ///   - place: the store's `stableID`.
  /// - Returns: what keeps the note; nil if it could not be made, which costs nothing but the certainty.
  func note(_ key: ObjectKey, uploadID: String, content: [UInt8]?, at place: String) -> (any S3UploadNote)?
  /// Takes over the upload of this content that nobody works on any more: that of an ended process, or one that was let go.
  func unfinished(_ key: ObjectKey, content: [UInt8], at place: String) -> (uploadID: String, note: any S3UploadNote)?
  /// Notes of processes that have ended, for this place.
  func abandoned(at place: String) -> [(upload: UnfinishedUpload, note: any S3UploadNote)]
}

/// A note of one upload, this process's own while it lives.
public protocol S3UploadNote: Sendable {
  /// The upload is over: completed or thrown away.
  func remove()
  /// This process works on it no longer, and whoever comes next may go on.
  func letGo()
}

extension S3Store {
  /// Throws away the uploads of this place that processes noted which have ended since. Asks the service for nothing if there are none.
  /// - Returns: how many are gone. One that the service does not let go of stays noted.
  /// - Throws: `CancellationError`.
  @discardableResult
  public func abortAbandonedUploads() async throws -> Int {
    var gone = 0
    for (upload, note) in uploads?.abandoned(at: identity.stableID) ?? [] {
      try Task.checkCancellation()
      guard await abort(upload) else { continue }
      note.remove()
      gone += 1
    }
    return gone
  }

  /// - Returns: whether the upload is certainly gone.
  private func abort(_ upload: UnfinishedUpload) async -> Bool {
    var request = S3Request(.abortUpload, .delete, key: upload.key, path: path(upload.key))
    request.query.append("uploadId", upload.uploadID)
    do { _ = try await client.send(request, into: .discard) } catch let error as StorageError {
      return error.code == .notFound
    } catch {
      return false
    }
    return true
  }
}
