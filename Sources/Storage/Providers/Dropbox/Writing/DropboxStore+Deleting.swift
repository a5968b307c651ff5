import Concurrency
import HTTPClient
import Markup
public import ObjectStorage
import Primitives

extension DropboxStore {
  /// Requests for single objects that run at once.
  private static var width: Int { 16 }

  /// Deletes files many in one request, and folders one by one, the innermost first.
  ///
  /// A file is deleted by its revision, which no folder has: what takes its place meanwhile stays. Where none was named it is asked for
  /// before. The service deletes a folder with all that is in it and knows no condition for that, so that it is looked into right
  /// before: what is put there in between goes too, and can be had back from the service for a month.
  public func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    var errors = [StorageError?](repeating: nil, count: targets.count)
    // What the service cannot have is not there.
    let possible = targets.indices.filter { isPossible(targets[$0].key) }
    let doomed = try await revisions(of: possible.filter { !targets[$0].key.isFolder }.map { ($0, targets[$0]) }, &errors)
    for start in stride(from: 0, to: doomed.count, by: DropboxLimits.batch) {
      let batch = Array(doomed[start..<min(start + DropboxLimits.batch, doomed.count)])
      let found = batch.count == 1 ? [try await deleteOne(batch[0])] : try await deleteTogether(batch)
      for (one, error) in zip(batch, found) { errors[one.index] = error }
    }
    let folders = possible.filter { targets[$0].key.isFolder }.sorted { targets[$0].key.bytes.count > targets[$1].key.bytes.count }
    for index in folders {
      do { try await deleteFolder(targets[index]) } catch let error as StorageError { errors[index] = error }
    }
    return zip(targets, errors).map { DeleteOutcome(key: $0.key, error: $1) }
  }

  /// A file to delete.
  private struct Doomed: Sendable {
    let index: Int
    let target: DeleteTarget
    let revision: String
  }

  private func revisions(
    of targets: [(index: Int, target: DeleteTarget)], _ errors: inout [StorageError?]
  ) async throws -> [Doomed] {
    try await withThrowingTaskGroup(of: (Int, Result<Doomed?, StorageError>).self) { group in
      var doomed: [Doomed] = []
      func take(_ outcome: (Int, Result<Doomed?, StorageError>)) {
        switch outcome.1 {
        case .success(let one): if let one { doomed.append(one) }
        case .failure(let error): errors[outcome.0] = error
        }
      }
      var running = 0
      for (index, target) in targets {
        if running >= Self.width, let outcome = try await group.next() {
          take(outcome)
          running -= 1
        }
        running += 1
        group.addTask { [self] in
          do {
            if let version = target.ifMatches {
              return (index, .success(Doomed(index: index, target: target, revision: try revision(version, target.key))))
            }
            let found = try await lookUp(target.key)
            return (index, .success(found.map { Doomed(index: index, target: target, revision: $0.rev) }))
          } catch let error as StorageError { return (index, .failure(error)) }
        }
      }
      while let outcome = try await group.next() { take(outcome) }
      return doomed.sorted { $0.index < $1.index }
    }
  }

  private func argument(_ one: Doomed) -> JSONValue { ["path": path(one.target.key), "parent_rev": .string(one.revision)] }

  private func deleteOne(_ one: Doomed) async throws -> StorageError? {
    let request = DropboxRequest(.delete, argument(one), key: one.target.key)
    do {
      try await client.send(request, into: .discard)
      return nil
    } catch let error as StorageError { return outcome(error) }
  }

  /// What is not there is gone, whatever state was named; a folder in its place is no file of this name.
  private func outcome(_ error: StorageError) -> StorageError? {
    guard error.code != .notFound else { return nil }
    guard error.code == .alreadyExists else { return error }
    var error = error
    error.code = .preconditionFailed
    return error
  }

  /// Deletes files by a job of the service.
  private func deleteTogether(_ batch: [Doomed]) async throws -> [StorageError?] {
    var errors = [StorageError?](repeating: nil, count: batch.count)
    var left = Array(batch.indices)
    for attempt in 0... {
      let request = DropboxRequest(.deleteBatch, ["entries": .array(left.map { argument(batch[$0]) })])
      let answers: [JSONValue]?
      do {
        answers = try await client.job(request, status: .deleteStatus, count: left.count)
      } catch let failure as StorageError {
        for index in left {
          errors[index] = failure
          errors[index]?.key = batch[index].target.key
        }
        return errors
      }
      var again: [Int] = []
      for (place, index) in left.enumerated() {
        let answer = answers?[place]
        if answer?[".tag"]?.stringValue == "success" { continue }
        // No answers: the whole met another write.
        let failure =
          answer.map { ServiceError(union: $0["failure"] ?? .null) } ?? ServiceError(tags: ["too_many_write_operations"])
        if failure.isContention, attempt < Contention.attempts {
          again.append(index)
          continue
        }
        var one = request
        one.key = batch[index].target.key
        errors[index] = outcome(client.errors.error(failure, request: one))
      }
      if again.isEmpty { break }
      left = again
      try await Contention.pause(attempt, client.timer)
    }
    return errors
  }

  private func deleteFolder(_ target: DeleteTarget) async throws {
    guard let found = try await lookUp(target.key) else { return }
    if let version = target.ifMatches, version != found.version {
      throw error(.preconditionFailed, target.key, "it changed meanwhile")
    }
    guard try await isEmpty(target.key) else {
      throw error(.notEmpty, target.key, "cannot delete the folder: something is in it")
    }
    // By its id: another folder that takes its name meanwhile stays.
    let argument: JSONValue = ["path": found.id.isEmpty ? path(target.key) : .string(found.id)]
    do { try await client.send(DropboxRequest(.delete, argument, key: target.key), into: .discard) } catch let error as StorageError
      where error.code == .notFound
    {}
  }

  private func isEmpty(_ folder: ObjectKey) async throws -> Bool {
    var request = DropboxRequest(.listFolder, ["path": path(folder), "limit": 1], key: folder)
    // A page without entries may have others behind it.
    for _ in 0..<100 {
      let page: JSONValue
      do { page = try await client.fetch(request, limit: 16 << 20) } catch let error as StorageError where error.code == .notFound {
        return true
      }
      guard let entries = page["entries"]?.arrayValue, let hasMore = page["has_more"]?.boolValue,
        let cursor = page["cursor"]?.stringValue
      else { break }
      if !entries.isEmpty { return false }
      if !hasMore { return true }
      request = DropboxRequest(.listMore, ["cursor": .string(cursor)], key: folder)
    }
    throw error(.corrupted, retry: .later, folder, "cannot tell whether the folder is empty: the store's listing makes no sense")
  }
}
