import Concurrency
import HTTPClient
import Markup
public import ObjectStorage
import ProviderSupport

/// A place in the history of a store's folder, as the service names it.
public struct DropboxCursor: Hashable, Sendable {
  /// The service's text, which means nothing to anybody else.
  public let text: String

  /// A cursor that was kept.
  public init(_ text: String) { self.text = text }
}

/// What happened in a store's folder since a cursor, as far as one page goes.
public struct DropboxChanges: Sendable {
  /// One change; they are to be applied in order.
  public enum Change: Sendable {
    /// A file or folder is new or changed. Of a file: what was at the key, or below it, is gone. The last part of the key is spelled as
    /// it was written, its folders as the service displays them: compare without regard for case.
    case isThere(ObjectEntry)
    /// Nothing is at the key any more, nor below it.
    case isGone(ObjectKey)
    /// Something changed about which nothing can be said.
    case isUnknown(ListProblem)
  }

  /// The changes, in the order in which they happened.
  public var changes: [Change]
  /// Where to go on.
  public var cursor: DropboxCursor
  /// Whether there are more already.
  public var hasMore: Bool
}

/// What the service says of the time since a cursor.
public enum DropboxChangeAnswer: Sendable {
  /// What happened.
  case changes(DropboxChanges)
  /// The cursor is worth nothing any more: list everything, after taking a new one.
  case reset
}

/// Tells what changes in a store's folder, without listing it.
///
/// Take a cursor, list the store, and then ask for what happened since: nothing is missed. A cursor stays good for a long time, also
/// for another process, until the service resets it.
public struct DropboxChangeFeed: Sendable {
  private let store: DropboxStore

  /// The changes of a store.
  public init(_ store: DropboxStore) { self.store = store }

  /// Where the folder's history is now. One request.
  public func latestCursor() async throws -> DropboxCursor {
    let request = DropboxRequest(
      .latestCursor,
      ["path": store.rootPath, "recursive": true, "include_deleted": false, "include_mounted_folders": true])
    guard let cursor = try await store.client.fetch(request)["cursor"]?.stringValue, !cursor.isEmpty else {
      throw store.error(.internalError, retry: .later, nil, "the store does not say where its history is")
    }
    return DropboxCursor(cursor)
  }

  /// What happened since. One request, and a page of changes.
  /// - Throws: `StorageError`; `.storeNotFound` if the folder is gone.
  public func changes(since cursor: DropboxCursor) async throws -> DropboxChangeAnswer {
    let request = DropboxRequest(.listMore, ["cursor": .string(cursor.text)])
    do {
      let page = try FolderPage(try await store.client.fetch(request, limit: 64 << 20))
      return .changes(
        DropboxChanges(
          changes: page.entries.compactMap(change), cursor: DropboxCursor(page.cursor), hasMore: page.hasMore))
    } catch let error as StorageError where store.client.errors.isReset(error) {
      return .reset
    } catch let error as StorageError where error.code == .notFound {
      throw store.error(.storeNotFound, nil, "the folder is not there any more")
    } catch let error as MalformedListing {
      throw store.error(.corrupted, retry: .later, nil, "the store's changes cannot be trusted: \(error.reason)")
    }
  }

  /// What a wait ended with.
  public enum Wait: Sendable, Equatable {
    /// Something has changed.
    case changed
    /// Nothing has.
    case unchanged
    /// The cursor is worth nothing any more.
    case reset
  }

  /// Waits until something changes, or so long; the service rounds to 30…480 seconds and adds up to 90 of its own. One request that
  /// stays open; cancel the task to leave. Where the service asks to stay away for a while, that is waited for too.
  public func wait(since cursor: DropboxCursor, atMost limit: Duration) async throws -> Wait {
    let seconds = min(max(Int(limit.components.seconds), DropboxLimits.shortestWait), DropboxLimits.longestWait)
    var request = DropboxRequest(.longpoll, ["cursor": .string(cursor.text), "timeout": .integer(Int64(seconds))])
    request.patience = Patience(firstByte: .seconds(seconds + 120), stall: .seconds(seconds + 120))
    let answer: JSONValue
    do { answer = try await store.client.fetch(request) } catch let error as StorageError where store.client.errors.isReset(error) {
      return .reset
    }
    guard let hasChanges = answer["changes"]?.boolValue else {
      throw store.error(.internalError, retry: .later, nil, "the store's answer to a wait makes no sense")
    }
    if let pause = answer["backoff"]?.integerValue, pause > 0 { try await store.client.timer.sleep(.seconds(min(pause, 3600))) }
    return hasChanges ? .changed : .unchanged
  }

  private func change(_ entry: FileResource) -> DropboxChanges.Change? {
    guard let shown = entry.displayPath else { return nil }
    let slash = UInt8(ascii: "/")
    let parts = shown.split(separator: slash)
    let depth = store.configuration.prefix.count { $0 == slash }
    // The folder itself.
    guard parts.count > depth else { return nil }
    let path = Array(parts[depth...].joined(separator: [slash]))
    do {
      if entry.kind == .deleted { return .isGone(try ObjectKey(path)) }
      let key = try ObjectKey(path + (entry.kind == .folder ? [slash] : []))
      if let obstacle = entry.obstacle { return .isUnknown(ListProblem(key: key, reason: .notAFile(obstacle))) }
      return .isThere(entry.entry(key))
    } catch {
      return .isUnknown(ListProblem(key: nil, reason: .invalidName(error)))
    }
  }
}
