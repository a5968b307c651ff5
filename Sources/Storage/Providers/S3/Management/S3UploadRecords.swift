import HTTPClient
import HTTPMessages
public import ObjectStorage
import Primitives

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
  /// The noted uploads of this place that nobody works on, this process's from now on.
  /// - Parameter key: only those of this key.
  func abandoned(at place: String, of key: ObjectKey?) -> [S3AbandonedUpload]
}

/// A note of one upload, this process's own while it lives.
public protocol S3UploadNote: Sendable {
  /// The upload is over: completed or thrown away.
  func remove()
  /// This process works on it no longer, and whoever comes next may go on.
  func letGo()
}

/// An upload that nobody works on.
public struct S3AbandonedUpload: Sendable {
  /// The upload; `begun` is when it was noted.
  public let upload: UnfinishedUpload
  /// Whether somebody who has the same content could go on with it.
  public let canGoOn: Bool
  /// Its note, held by this process.
  public let note: any S3UploadNote

  /// An upload and its note.
  public init(_ upload: UnfinishedUpload, canGoOn: Bool, note: any S3UploadNote) {
    self.upload = upload
    self.canGoOn = canGoOn
    self.note = note
  }
}

extension S3Store {
  public func abortAbandonedUploads(resumableOlderThan age: Duration) async throws -> Int {
    let limit = client.clock.now() - age
    return try await abort(uploads?.abandoned(at: identity.stableID, of: nil) ?? []) { upload in
      !upload.canGoOn || upload.upload.begun.map { $0 <= limit } ?? true
    }
  }

  /// Throws away what was left of uploads of a key that gets another content now.
  func abortAbandonedUploads(of key: ObjectKey) async throws {
    _ = try await abort(uploads?.abandoned(at: identity.stableID, of: key) ?? []) { _ in true }
  }

  private func abort(_ uploads: [S3AbandonedUpload], where isOver: (S3AbandonedUpload) -> Bool) async throws -> Int {
    var gone = 0
    for abandoned in uploads {
      try Task.checkCancellation()
      guard isOver(abandoned), await abort(abandoned.upload) else {
        abandoned.note.letGo()
        continue
      }
      abandoned.note.remove()
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
