import Crypto
import HTTPClient
import HTTPMessages
import Markup
public import ObjectStorage
import Primitives

extension S3Store {
  /// Requests for single objects that run at once.
  private static var width: Int { 16 }

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    if targets.isEmpty { return [] }
    let traits = targets.contains { $0.ifMatches != nil } ? try await prober.traits() : nil
    var errors = [StorageError?](repeating: nil, count: targets.count)
    var bulk: [Int] = []
    var single: [(index: Int, header: String?)] = []
    var looked: [(index: Int, version: ObjectVersion)] = []
    for (index, target) in targets.enumerated() where isPossible(target.key) {
      if let version = target.ifMatches {
        if let value = traits?.deleteIfMatch.headerValue(version.bytes) {
          single.append((index, value))
        } else {
          looked.append((index, version))
        }
      } else if targets.count == 1 || !Self.fitsXML(path(target.key)) {
        single.append((index, nil))
      } else {
        bulk.append(index)
      }
    }
    for (index, isUnchanged, error) in try await together(
      looked,
      { [self] entry in
        try await find(targets[entry.index].key).map { $0.entry.version == entry.version }
      }
    ).map({ ($0.0.index, $0.1, $0.2) }) {
      if let error {
        errors[index] = error
      } else if let isUnchanged = isUnchanged ?? nil {
        if !isUnchanged {
          errors[index] = self.error(.preconditionFailed, targets[index].key, "cannot delete it: it changed meanwhile")
        } else if Self.fitsXML(path(targets[index].key)) {
          bulk.append(index)
        } else {
          single.append((index, nil))
        }
      }
    }
    for (entry, _, error) in try await together(
      single,
      { [self] entry in
        try await deleteOne(targets[entry.index].key, ifMatch: entry.header)
      })
    { errors[entry.index] = error }
    var start = 0
    while start < bulk.count {
      let batch = bulk[start..<min(start + S3Configuration.Limits.deleteBatch, bulk.count)]
      start = batch.endIndex
      let failed = try await deleteMany(batch.map { targets[$0].key })
      for index in batch { errors[index] = failed[path(targets[index].key)].flatMap { perKey($0, targets[index].key) } }
    }
    return zip(targets, errors).map { DeleteOutcome(key: $0.key, error: $1) }
  }

  private func perKey(_ failure: (code: String, message: String), _ key: ObjectKey) -> StorageError? {
    // What is not there is gone.
    if failure.code == "NoSuchKey" || failure.code == "NotFound" { return nil }
    return client.errors.perKey(code: failure.code, message: failure.message, key: key)
  }

  private func deleteOne(_ key: ObjectKey, ifMatch: String?) async throws {
    var request = S3Request(.deleteObject, .delete, key: key, path: path(key))
    if let ifMatch { request.add("if-match", ifMatch) }
    do { _ = try await client.send(request, into: .discard) } catch let error as StorageError where error.code == .notFound {}
  }

  /// Deletes up to 1,000 keys in one request.
  /// - Returns: what the service says of those that it did not delete, by key in the bucket.
  private func deleteMany(_ keys: [ObjectKey]) async throws -> [[UInt8]: (code: String, message: String)] {
    var document = XMLWriter()
    document.start("Delete", namespace: "http://s3.amazonaws.com/doc/2006-03-01/")
    try document.element("Quiet", "true")
    for key in keys {
      document.start("Object")
      try document.element("Key", path(key))
      document.end()
    }
    document.end()
    let body = document.finish()
    var request = S3Request(.deleteObjects, .post)
    request.query.append("delete")
    request.add("content-type", "application/xml")
    // The protocol demands a checksum for this request; all services know this one.
    if HashAlgorithm.md5.isAvailable {
      request.add("content-md5", Base64.encode(MD5.hash(body)))
    } else {
      request.add("x-amz-checksum-sha256", Base64.encode(SHA256.hash(body)))
    }
    request.body = .bytes(body)
    let response = try await client.send(request, into: .memory(limit: 8 << 20))
    let answer = try result(response, request)
    var failed: [[UInt8]: (code: String, message: String)] = [:]
    for failure in answer.children("Error") {
      guard let key = failure.child("Key")?.text else { continue }
      failed[key] = (failure.child("Code")?.string ?? "", failure.child("Message")?.string ?? "")
    }
    return failed
  }

  /// Whether a key can stand in a request's body at all. A carriage return can, but not every service reads it back.
  private static func fitsXML(_ key: [UInt8]) -> Bool {
    !key.contains { $0 < 0x20 } && XMLWriter.canRepresent(key)
  }

  /// Runs `body` for each element, some at once; a `StorageError` is that element's own.
  private func together<Element: Sendable, Value: Sendable>(
    _ elements: [Element], _ body: @escaping @Sendable (Element) async throws -> Value
  ) async throws -> [(Element, Value?, StorageError?)] {
    try await withThrowingTaskGroup(of: (Int, Value?, StorageError?).self) { group in
      var results: [(Element, Value?, StorageError?)] = elements.map { ($0, nil, nil) }
      for (index, element) in elements.enumerated() {
        if index >= Self.width, let (done, value, error) = try await group.next() {
          (results[done].1, results[done].2) = (value, error)
        }
        group.addTask {
          do { return (index, try await body(element), nil) } catch let error as StorageError { return (index, nil, error) }
        }
      }
      for try await (done, value, error) in group { (results[done].1, results[done].2) = (value, error) }
      return results
    }
  }
}
