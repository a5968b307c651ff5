import Concurrency
import ObjectStorage
import Primitives

/// A listing of a bucket: pages come ahead of the caller, and spans between split hints side by side, handed over in order.
final class GCSListing: Listing {
  /// Spans that are asked for at once.
  private static let width = 4
  /// Pages of a span that may wait for the caller: together with `width` this bounds the memory.
  private static let depth = 16

  private struct Running {
    let pages: BoundedChannel<GCSPage>
    let task: Task<Void, Never>
  }

  private struct State {
    var waiting: [GCSSpan]
    var running: [Running] = []
    /// What is left of a page that was larger than the caller wants.
    var rest: [ListPage] = []
  }

  private let client: GCSClient
  private let prefix: [UInt8]
  private let rootLength: Int
  private let options: ListOptions
  private let storeName: String
  /// Whether parts of objects under way are shown: to who asks for them by name.
  private let showsParts: Bool
  private let state: Lock<State>

  init(client: GCSClient, root: [UInt8], prefix: KeyPrefix, options: ListOptions, storeName: String) {
    self.client = client
    self.prefix = root + prefix.bytes
    rootLength = root.count
    self.options = options
    self.storeName = storeName
    showsParts = prefix.bytes.starts(with: GCSStore.parts)
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
  private static func spans(root: [UInt8], prefix: KeyPrefix, options: ListOptions) -> [GCSSpan] {
    var after = options.after.map { root + $0.bytes }
    var spans: [GCSSpan] = []
    for hint in options.splitHints where options.depth == .recursive && prefix.matches(hint) {
      let name = root + hint.bytes
      if let after, compareBytes(after, name) >= 0 { continue }
      spans.append(GCSSpan(after: after, through: name))
      after = name
    }
    spans.append(GCSSpan(after: after, through: nil))
    return spans
  }

  func next() async throws -> ListPage? {
    while true {
      let rest = state.withLock { $0.rest.isEmpty ? nil : $0.rest.removeFirst() }
      if let rest { return rest }
      guard let current = fill() else { return nil }
      do {
        if let page = try await current.receive() {
          let converted = convert(page)
          if converted.entries.isEmpty && converted.folders.isEmpty && converted.problems.isEmpty { continue }
          let pages = Self.cut(converted, options.pageSize ?? .max)
          state.withLock { $0.rest = Array(pages.dropFirst()) }
          return pages[0]
        }
      } catch let error as MalformedListing {
        throw StorageError(
          .corrupted, retry: .later, store: storeName, message: "the store's listing cannot be trusted: \(error.reason)")
      }
      state.withLock { state in _ = state.running.removeFirst() }
    }
  }

  /// Starts what may run; gives the channel of the first span, or nil at the end.
  private func fill() -> BoundedChannel<GCSPage>? {
    state.withLock { state in
      while state.running.count < Self.width, let span = state.waiting.popLast() {
        // One span alone needs no more than the next page; several need room to run ahead.
        let isAlone = state.waiting.isEmpty && state.running.isEmpty
        let pages = BoundedChannel<GCSPage>(capacity: isAlone ? 1 : Self.depth)
        var reader = GCSSpanReader(client: client, span: span, prefix: prefix, rootLength: rootLength, options: options)
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

  /// Cuts a page that is larger than was asked for, as that of a service that minds no size is, in the order of its names.
  private static func cut(_ page: ListPage, _ size: Int) -> [ListPage] {
    guard page.entries.count + page.folders.count > size, size > 0 else { return [page] }
    var pages = [ListPage(problems: page.problems)]
    var (entries, folders) = (page.entries[...], page.folders[...])
    while !entries.isEmpty || !folders.isEmpty {
      if pages[pages.count - 1].entries.count + pages[pages.count - 1].folders.count >= size { pages.append(ListPage()) }
      if let folder = folders.first, entries.first.map({ folder < $0.key }) ?? true {
        pages[pages.count - 1].folders.append(folders.removeFirst())
      } else {
        pages[pages.count - 1].entries.append(entries.removeFirst())
      }
    }
    return pages
  }

  private func convert(_ page: GCSPage) -> ListPage {
    var result = ListPage()
    result.entries.reserveCapacity(page.objects.count)
    for object in page.objects {
      // The marker of the store's own root names nothing in it.
      if object.name.count == rootLength { continue }
      let bytes = rootLength == 0 ? object.name : Array(object.name[rootLength...])
      if !showsParts, bytes.starts(with: GCSStore.parts) { continue }
      do {
        let key = try ObjectKey(bytes)
        if key.isFolder, object.size > 0 {
          result.problems.append(ListProblem(key: key, reason: .notAFile("a folder's marker with content")))
          continue
        }
        result.entries.append(object.entry(key))
      } catch {
        result.problems.append(ListProblem(key: nil, reason: .invalidName(error)))
      }
    }
    for folder in page.folders {
      do { result.folders.append(try ObjectKey(Array(folder[rootLength...]))) } catch {
        result.problems.append(ListProblem(key: nil, reason: .invalidName(error)))
      }
    }
    return result
  }
}
