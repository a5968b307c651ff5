import Concurrency
import HTTPClient
import Markup
import ObjectStorage
import ProviderSupport

/// Tells what changes in a store's folder, without listing it.
///
/// Take a cursor, list the store, and then ask for what happened since: nothing is missed. A cursor stays good for a long time, also
/// for another process, until the service resets it.
struct DropboxChangeFeed: ChangeFeed {
  private let store: DropboxStore
  private let bounds: FolderBounds

  /// The changes of a store.
  init(_ store: DropboxStore) {
    self.store = store
    bounds = FolderBounds(store.configuration.prefix)
  }

  /// Where the folder's history is now. One request.
  func latestCursor() async throws -> ChangeCursor {
    let request = DropboxRequest(
      .latestCursor,
      ["path": store.rootPath, "recursive": true, "include_deleted": false, "include_mounted_folders": true])
    guard let cursor = try await store.client.fetch(request)["cursor"]?.stringValue, !cursor.isEmpty else {
      throw store.error(.internalError, retry: .later, nil, "the store does not say where its history is")
    }
    return ChangeCursor(cursor)
  }

  /// What happened since. One request, and a page of changes.
  /// - Throws: `StorageError`; `.storeNotFound` if the folder is gone.
  func changes(since cursor: ChangeCursor) async throws -> ChangeAnswer {
    let request = DropboxRequest(.listMore, ["cursor": .string(cursor.text)])
    do {
      let page = try FolderPage(try await store.client.fetch(request, limit: 64 << 20))
      return .changes(
        ChangePage(
          changes: try page.entries.compactMap(change), cursor: ChangeCursor(page.cursor), hasMore: page.hasMore))
    } catch let error as StorageError where store.client.errors.isReset(error) {
      return .reset
    } catch let error as StorageError where error.code == .notFound {
      throw store.error(.storeNotFound, nil, "the folder is not there any more")
    } catch let error as MalformedListing {
      throw store.error(.corrupted, retry: .later, nil, "the store's changes cannot be trusted: \(error.reason)")
    }
  }

  /// Waits until something changes, or so long; the service rounds to 30…480 seconds and adds up to 90 of its own. One request that
  /// stays open; cancel the task to leave. Where the service asks to stay away for a while, that is waited for too.
  func wait(since cursor: ChangeCursor, atMost limit: Duration) async throws -> ChangeWait {
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

  /// - Throws: `MalformedListing` for what is of another folder.
  private func change(_ entry: FileResource) throws -> ChangePage.Change? {
    guard let shown = entry.displayPath else { return nil }
    guard bounds.hold(entry) else { throw MalformedListing(reason: "an entry is of another folder") }
    let slash = UInt8(ascii: "/")
    let parts = shown.split(separator: slash)
    // The folder itself.
    guard parts.count > bounds.depth else { return nil }
    let path = Array(parts[bounds.depth...].joined(separator: [slash]))
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
