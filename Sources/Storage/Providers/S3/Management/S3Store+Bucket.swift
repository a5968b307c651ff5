import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage

extension S3Store {
  /// Whether the bucket is there and lets us in.
  /// - Throws: `StorageError`; `.permissionDenied` where it is there but not ours.
  public func containerExists() async throws -> Bool {
    do {
      _ = try await client.send(S3Request(.headBucket, .head), into: .discard)
      return true
    } catch let error as StorageError where error.code == .storeNotFound || error.code == .notFound {
      return false
    }
  }

  /// Makes the bucket in the configured region, private. Succeeds if it is there already and ours.
  public func createContainer() async throws {
    var request = S3Request(.createBucket, .put)
    let region = configuration.region ?? "us-east-1"
    // Outside its first region AWS wants to be told; other services name their regions as they like and know only one.
    if region != "us-east-1", configuration.endpoint.map(S3Address.isAWS) ?? true {
      var document = XMLWriter()
      document.start("CreateBucketConfiguration", namespace: "http://s3.amazonaws.com/doc/2006-03-01/")
      try document.element("LocationConstraint", region)
      document.end()
      request.add("content-type", "application/xml")
      request.body = .bytes(document.finish())
    }
    do {
      _ = try await client.send(request, into: .discard)
    } catch let error as StorageError where error.code == .alreadyExists {
      // Taken, perhaps by us: services differ in how they say that.
      guard try await containerExists() else { throw error }
    }
  }
}
