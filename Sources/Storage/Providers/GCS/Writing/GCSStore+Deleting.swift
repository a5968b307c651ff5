import Concurrency
import HTTPClient
import HTTPMessages
public import ObjectStorage
import Primitives
import ProviderSupport

extension GCSStore {
  /// Requests for single objects that run at once.
  private static var width: Int { 16 }
  /// Batches that run at once.
  private static var batches: Int { 4 }

  /// An object to delete by its name in the bucket.
  typealias Doomed = (name: [UInt8], version: ObjectVersion?, key: ObjectKey?)

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    var errors = [StorageError?](repeating: nil, count: targets.count)
    // What the service cannot have is not there.
    let possible = targets.indices.filter { isPossible(targets[$0].key) }
    let found = try await delete(names: possible.map { (name(targets[$0].key), targets[$0].ifMatches, targets[$0].key) })
    for (index, error) in zip(possible, found) { errors[index] = error }
    return zip(targets, errors).map { DeleteOutcome(key: $0.key, error: $1) }
  }

  /// Deletes objects, a hundred in one request where the service takes that.
  /// - Returns: what kept each from being deleted.
  func delete(names: [Doomed]) async throws -> [StorageError?] {
    var errors = [StorageError?](repeating: nil, count: names.count)
    let size = names.count == 1 || lacksBatches.withLock { $0 } ? 1 : GCSConfiguration.Limits.batch
    let starts = stride(from: 0, to: names.count, by: size)
    let width = size == 1 ? Self.width : Self.batches
    try await withThrowingTaskGroup(of: (Int, [StorageError?]).self) { group in
      for (count, start) in starts.enumerated() {
        if count >= width, let (at, found) = try await group.next() { errors.replaceSubrange(at..<at + found.count, with: found) }
        let piece = Array(names[start..<min(start + size, names.count)])
        group.addTask { [self] in (start, try await deleteTogether(piece)) }
      }
      for try await (at, found) in group { errors.replaceSubrange(at..<at + found.count, with: found) }
    }
    return errors
  }

  private func deleteTogether(_ names: [Doomed]) async throws -> [StorageError?] {
    if names.count > 1, !lacksBatches.withLock({ $0 }), let found = try await deleteBatch(names) { return found }
    var errors: [StorageError?] = []
    for one in names {
      do {
        try await deleteOne(one)
        errors.append(nil)
      } catch let error as StorageError { errors.append(error) }
    }
    return errors
  }

  private func request(_ one: Doomed) throws -> GCSRequest {
    var request = GCSRequest(.delete, .delete, client.object(one.name), key: one.key)
    if let version = one.version { try add(.ifMatches(version), to: &request) }
    // What is not there is gone, whatever state was named.
    request.condition = .always
    return request
  }

  private func deleteOne(_ one: Doomed) async throws {
    do { _ = try await client.send(try request(one), into: .discard) } catch let error as StorageError
      where error.code == .notFound
    {}
  }

  /// Deletes objects in one request.
  /// - Returns: nil if the service's answer is none to a batch: then nothing is known of what it did, and all is asked for again.
  private func deleteBatch(_ names: [Doomed]) async throws -> [StorageError?]? {
    let boundary = "isobar-" + Hex.encode(names.count.description.utf8) + "-batch"
    var errors = [StorageError?](repeating: nil, count: names.count)
    var requests: [GCSRequest?] = []
    var body = ""
    for (index, one) in names.enumerated() {
      do {
        var request = try request(one)
        requests.append(request)
        if let project = configuration.userProject { request.ask("userProject", project) }
        let path = client.objectPath(one.name) + (request.query.isEmpty ? "" : "?" + request.encodedQuery)
        body +=
          "--\(boundary)\r\ncontent-type: application/http\r\ncontent-transfer-encoding: binary\r\ncontent-id: <\(index)>\r\n\r\n"
          + "DELETE \(path) HTTP/1.1\r\n\r\n\r\n"
      } catch let error as StorageError {
        errors[index] = error
        requests.append(nil)
      }
    }
    guard !body.isEmpty else { return errors }
    body += "--\(boundary)--\r\n"
    var batch = GCSRequest(.batchDelete, .post, client.batch)
    batch.add("content-type", "multipart/mixed; boundary=\(boundary)")
    batch.body = .bytes(Array(body.utf8))
    let response: HTTPResponse
    do { response = try await client.send(batch) } catch let error as StorageError
      where error.code == .notFound || error.code == .unsupported || error.code == .storeNotFound
    {
      lacksBatches.withLock { $0 = true }
      return nil
    }
    let answers = BatchAnswer.parse(response.body, type: response.headers["content-type"])
    for (index, request) in requests.enumerated() {
      guard let request else { continue }
      guard let answer = answers[index] else {
        lacksBatches.withLock { $0 = true }
        return nil
      }
      if (200...299).contains(answer.status) || answer.status == 404 && request.operation == .delete { continue }
      errors[index] = client.errors.error(ServiceError(answer.body), status: answer.status, request: request)
    }
    return errors
  }
}
