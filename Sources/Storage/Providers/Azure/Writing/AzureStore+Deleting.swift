import Concurrency
import Crypto
import HTTPClient
import HTTPMessages
public import ObjectStorage
import Primitives
import ProviderSupport

extension AzureStore {
  /// Requests for single objects that run at once.
  private static var width: Int { 16 }
  /// Batches that run at once.
  private static var batches: Int { 4 }

  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    var errors = [StorageError?](repeating: nil, count: targets.count)
    // What the service cannot have is not there.
    let possible = targets.indices.filter { isPossible(targets[$0].key) }
    let size = possible.count <= 1 || lacksBatches.withLock { $0 } ? 1 : AzureConfiguration.Limits.batch
    let starts = stride(from: 0, to: possible.count, by: size)
    let width = size == 1 ? Self.width : Self.batches
    try await withThrowingTaskGroup(of: [(Int, StorageError?)].self) { group in
      for (count, start) in starts.enumerated() {
        if count >= width, let found = try await group.next() { for (index, error) in found { errors[index] = error } }
        let indices = Array(possible[start..<min(start + size, possible.count)])
        group.addTask { [self] in Array(zip(indices, try await deleteTogether(indices.map { targets[$0] }))) }
      }
      for try await found in group { for (index, error) in found { errors[index] = error } }
    }
    return zip(targets, errors).map { DeleteOutcome(key: $0.key, error: $1) }
  }

  private func deleteTogether(_ targets: [DeleteTarget]) async throws -> [StorageError?] {
    if targets.count > 1, !lacksBatches.withLock({ $0 }), let found = try await deleteBatch(targets) { return found }
    var errors: [StorageError?] = []
    for target in targets {
      do {
        try await deleteOne(target)
        errors.append(nil)
      } catch let error as StorageError { errors.append(error) }
    }
    return errors
  }

  private func request(_ target: DeleteTarget) throws -> AzureRequest {
    var request = request(.delete, .delete, target.key)
    if let version = target.ifMatches { try add(.ifMatches(version), to: &request) }
    // What is not there is gone, whatever state was named.
    request.condition = .always
    return request
  }

  private func deleteOne(_ target: DeleteTarget) async throws {
    do { try await client.send(try request(target), into: .discard) } catch let error as StorageError {
      if let error = try await settled(error, target) { throw error }
    }
  }

  /// What a refusal comes to; nil if the object is gone. The service says of something that is not there that a named state does not
  /// hold, and a folder that others made may be named without the slash.
  private func settled(_ error: StorageError, _ target: DeleteTarget) async throws -> StorageError? {
    if error.code == .notFound, !target.key.isFolder { return nil }
    guard error.code == .notFound || error.code == .preconditionFailed && target.ifMatches != nil else { return error }
    do {
      guard let found = try await found(target.key) else { return nil }
      guard found.name != name(target.key) else { return error.code == .notFound ? nil : error }
      try await deleteFolderWithoutSlash(found, target)
      return nil
    } catch let error as StorageError { return error }
  }

  private func deleteFolderWithoutSlash(_ found: Found, _ target: DeleteTarget) async throws {
    if let version = target.ifMatches, EntityTag.header(version) != EntityTag.header(found.resource.version) {
      return try unknown(target.key)
    }
    var request = AzureRequest(.delete, .delete, .blob(found.name), key: target.key)
    try add(.ifMatches(found.resource.version), to: &request)
    request.condition = .always
    do { try await client.send(request, into: .discard) } catch let error as StorageError where error.code == .notFound {}
  }

  private func found(_ key: ObjectKey) async throws -> Found? {
    do { return try await describe(key) } catch let error as StorageError where error.code == .notFound { return nil }
  }

  /// Deletes objects in one request.
  /// - Returns: nil if the service's answer is none to a batch: then nothing is known of what it did, and all is asked for again.
  private func deleteBatch(_ targets: [DeleteTarget], attempt: Int = 1) async throws -> [StorageError?]? {
    let boundary = "batch_isobar-" + Hex.encode(Random.bytes(16))
    var errors = [StorageError?](repeating: nil, count: targets.count)
    var requests: [Int: AzureRequest] = [:]
    var body = ""
    for (index, target) in targets.enumerated() {
      do {
        let request = try request(target)
        body +=
          "--\(boundary)\r\ncontent-type: application/http\r\ncontent-transfer-encoding: binary\r\ncontent-id: \(index)\r\n\r\n"
          + (try await client.part(request))
        requests[index] = request
      } catch let error as StorageError { errors[index] = error }
    }
    guard !requests.isEmpty else { return errors }
    body += "--\(boundary)--\r\n"
    var batch = AzureRequest(.batchDelete, .post, .container)
    batch.ask("restype", "container")
    batch.ask("comp", "batch")
    batch.add("content-type", "multipart/mixed; boundary=\(boundary)")
    batch.setBody(Array(body.utf8))
    let response: HTTPResponse
    do { response = try await client.send(batch) } catch let error as StorageError
      where [.unsupported, .invalidArgument, .permissionDenied].contains(error.code)
    {
      // Old services, emulators, signatures that are not for containers: one by one it may work, and says more where it does not.
      lacksBatches.withLock { $0 = true }
      return nil
    }
    let answers = BatchAnswer.parse(response.body, type: response.headers["content-type"])
    // A token that expired is replaced when the whole is refused; the parts still carry the old one.
    if attempt == 1, !answers.isEmpty, answers.values.allSatisfy({ $0.status == 401 }) {
      return try await deleteBatch(targets, attempt: 2)
    }
    for (index, request) in requests {
      guard let answer = answers[index] else {
        lacksBatches.withLock { $0 = true }
        return nil
      }
      if (200...299).contains(answer.status) { continue }
      let error = client.errors.error(ServiceError(answer.headers, answer.body), status: answer.status, request: request)
      errors[index] = try await settled(error, targets[index])
    }
    return errors
  }
}
