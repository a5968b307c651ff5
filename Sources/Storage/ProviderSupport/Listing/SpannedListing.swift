import Concurrency
public import ObjectStorage

/// Asks for the pages of one span of a listing, one after the other.
public protocol SpanReader: Sendable {
  /// A page as the service gives it.
  associatedtype Page: Sendable
  /// The next page, cut off at the span's ends; nil after the last.
  /// - Throws: `StorageError`, `MalformedListing`, `CancellationError`.
  mutating func next() async throws -> Page?
}

/// An answer that is no listing, or one that contradicts itself.
public struct MalformedListing: Error, Sendable {
  /// What is wrong with it, to go on after "the store's listing cannot be trusted: ".
  public let reason: String

  /// An answer with a fault.
  public init(reason: String) { self.reason = reason }
}

/// A listing whose pages come ahead of the caller, with spans between split hints side by side, handed over in order.
public final class SpannedListing<Reader: SpanReader>: Listing {
  /// Pages of a span that may wait for the caller: together with the spans that are read at once this bounds the memory.
  private static var depth: Int { 16 }
  /// Spans that are asked for at once.
  private static var width: Int { 4 }

  private struct Running {
    let pages: BoundedChannel<Reader.Page>
    let task: Task<Void, Never>
  }

  private struct State {
    var waiting: [ListSpan]
    var running: [Running] = []
    /// What is left of a page that was larger than the caller wants.
    var rest: [ListPage] = []
  }

  private let pageSize: Int?
  private let storeName: String
  private let read: @Sendable (ListSpan) -> Reader
  private let convert: @Sendable (Reader.Page) -> ListPage
  private let state: Lock<State>

  /// - Parameters:
  ///   - scope: what is listed.
  ///   - storeName: for errors.
  ///   - read: makes the reader of a span.
  ///   - convert: makes entries of what the service said.
  public init(
    _ scope: ListingScope, storeName: String, read: @escaping @Sendable (ListSpan) -> Reader,
    convert: @escaping @Sendable (Reader.Page) -> ListPage
  ) {
    pageSize = scope.options.pageSize
    self.storeName = storeName
    self.read = read
    self.convert = convert
    state = Lock(State(waiting: scope.spans.reversed()))
  }

  deinit {
    state.withLock { state in
      for running in state.running {
        running.task.cancel()
        running.pages.finish()
      }
    }
  }

  public func next() async throws -> ListPage? {
    while true {
      if let rest = state.withLock({ $0.rest.isEmpty ? nil : $0.rest.removeFirst() }) { return rest }
      guard let current = fill() else { return nil }
      do {
        if let page = try await current.receive() {
          let page = convert(page)
          if page.entries.isEmpty && page.folders.isEmpty && page.problems.isEmpty { continue }
          let pages = page.cut(to: pageSize ?? .max)
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
  private func fill() -> BoundedChannel<Reader.Page>? {
    state.withLock { state in
      while state.running.count < Self.width, let span = state.waiting.popLast() {
        // One span alone needs no more than the next page; several need room to run ahead.
        let isAlone = state.waiting.isEmpty && state.running.isEmpty
        let pages = BoundedChannel<Reader.Page>(capacity: isAlone ? 1 : Self.depth)
        var reader = read(span)
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
}

extension ListPage {
  /// Cuts a page that is larger than was asked for, as that of a service that minds no size is, in the order of its names.
  fileprivate func cut(to size: Int) -> [ListPage] {
    guard entries.count + folders.count > size, size > 0 else { return [self] }
    var pages = [ListPage(problems: problems)]
    var (entries, folders) = (entries[...], folders[...])
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
}
