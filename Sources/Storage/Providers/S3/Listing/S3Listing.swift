import Concurrency
import ObjectStorage
import Primitives

/// A listing of a bucket: pages come ahead of the caller, and spans between split hints side by side, handed over in order.
final class S3Listing: Listing {
  /// Spans that are asked for at once.
  private static let width = 4
  /// Pages of a span that may wait for the caller: together with `width` this bounds the memory.
  private static let depth = 16

  private struct Running {
    let pages: BoundedChannel<ListObjectsPage>
    let task: Task<Void, Never>
  }

  private struct State {
    var waiting: [ListSpan]
    var running: [Running] = []
    var hasBegun = false
  }

  private let client: S3Client
  private let prefix: [UInt8]
  private let rootLength: Int
  private let options: ListOptions
  private let storeName: String
  private let state: Lock<State>

  init(client: S3Client, root: [UInt8], prefix: KeyPrefix, options: ListOptions, storeName: String) {
    self.client = client
    self.prefix = root + prefix.bytes
    rootLength = root.count
    self.options = options
    self.storeName = storeName
    state = Lock(State(waiting: Self.spans(root: root, prefix: prefix, options: options).reversed()))
  }

  deinit {
    state.withLock { state in
      for running in state.running {
        running.task.cancel()
        running.pages.finish()
      }
    }
  }

  /// Cuts the listing at the hints that lie in it.
  private static func spans(root: [UInt8], prefix: KeyPrefix, options: ListOptions) -> [ListSpan] {
    var after = options.after.map { root + $0.bytes }
    var spans: [ListSpan] = []
    for hint in options.splitHints where options.depth == .recursive && prefix.matches(hint) {
      let key = root + hint.bytes
      if let after, compareBytes(after, key) >= 0 { continue }
      spans.append(ListSpan(after: after, through: key))
      after = key
    }
    spans.append(ListSpan(after: after, through: nil))
    return spans
  }

  func next() async throws -> ListPage? {
    while true {
      guard let current = fill() else { return nil }
      do {
        if let page = try await current.receive() { return convert(page) }
      } catch let error as MalformedListing {
        throw StorageError(
          .corrupted, retry: .later, store: storeName, message: "the store's listing cannot be trusted: \(error.reason)")
      }
      state.withLock { state in _ = state.running.removeFirst() }
    }
  }

  /// Starts what may run; gives the channel of the first span, or nil at the end.
  private func fill() -> BoundedChannel<ListObjectsPage>? {
    state.withLock { state in
      while state.running.count < Self.width, let span = state.waiting.popLast() {
        // One span alone needs no more than the next page; several need room to run ahead.
        let isAlone = state.waiting.isEmpty && state.running.isEmpty
        let pages = BoundedChannel<ListObjectsPage>(capacity: isAlone ? 1 : Self.depth)
        var reader = ListSpanReader(client: client, span: span, prefix: prefix, rootLength: rootLength, options: options)
        let task = Task {
          do {
            while let page = try await reader.next() { try await pages.send(page) }
            pages.finish()
          } catch {
            pages.finish(throwing: error)
          }
        }
        state.running.append(Running(pages: pages, task: task))
      }
      return state.running.first?.pages
    }
  }

  private func convert(_ page: ListObjectsPage) -> ListPage {
    var result = ListPage()
    result.entries.reserveCapacity(page.objects.count)
    for object in page.objects {
      // The marker of the store's own root names nothing in it.
      if object.key.count == rootLength { continue }
      let bytes = rootLength == 0 ? object.key : Array(object.key[rootLength...])
      do {
        let key = try ObjectKey(bytes)
        if key.isFolder, object.size > 0 {
          result.problems.append(ListProblem(key: key, reason: .notAFile("a folder's marker with content")))
          continue
        }
        let hash =
          client.configuration.encryption.keepsPlainTags ? ETag.md5(object.etag).map { ContentHash(.md5, $0) } : nil
        result.entries.append(
          ObjectEntry(
            key: key, size: object.size, version: ObjectVersion(object.etag), stored: object.modified, hash: hash,
            storageClass: object.storageClass))
      } catch {
        result.problems.append(ListProblem(key: nil, reason: .invalidName(error)))
      }
    }
    for folder in page.commonPrefixes {
      do {
        result.folders.append(try ObjectKey(Array(folder[rootLength...])))
      } catch {
        result.problems.append(ListProblem(key: nil, reason: .invalidName(error)))
      }
    }
    return result
  }
}

extension S3Configuration.Encryption {
  /// Whether an entity tag is still the MD5 of the content.
  var keepsPlainTags: Bool {
    switch self {
    case .none, .s3: true
    case .kms: false
    }
  }
}
