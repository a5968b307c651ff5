import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import StoreTesting
import Testing

/// The conformance suite held against stores that break one guarantee each: a suite that lets them pass would prove nothing.
@Suite struct LiarTests {
  @Test(arguments: LyingStore.Lie.allCases)
  func `a store that breaks a guarantee is caught`(_ lie: LyingStore.Lie) async throws {
    let subject = StoreUnderTest("liar: \(lie)") { LyingStore(MemoryStore(), lie) }
    var caught: [String] = []
    for check in StoreConformance.checks where check.guarantee == lie.rawValue {
      // The other checks of cancellation find it, too, but wait long before they say so.
      if lie == .outlivesCancellation, !check.name.contains("begins nothing") { continue }
      do { try await StoreConformance.run(check, on: subject) } catch let failure as ConformanceFailure {
        #expect(failure.description.contains("liar: \(lie) breaks guarantee \(lie.rawValue)"))
        caught.append(check.name)
      }
    }
    #expect(!caught.isEmpty, "the lie \(lie) was not noticed")
  }

  @Test func `an exception excuses its check, and only as long as it is needed`() async throws {
    let check = try #require(StoreConformance.checks.first { $0.guarantee == 12 && $0.name.contains("times come back") })
    func outcome(_ lie: LyingStore.Lie, _ exceptions: [ConformanceException]) async throws -> StoreConformance.Outcome {
      try await StoreConformance.run(check, on: StoreUnderTest("liar", exceptions: exceptions) { LyingStore(MemoryStore(), lie) })
    }
    let known = ConformanceException(12, check.name, reason: "it forgets")
    #expect(try await outcome(.forgetsTimes, [known]) == .excepted("it forgets"))
    #expect(try await outcome(.forgetsTimes, [ConformanceException(12, reason: "all of it")]) == .excepted("all of it"))
    await #expect(throws: ConformanceFailure.self) {
      _ = try await outcome(.forgetsTimes, [ConformanceException(11, reason: "other")])
    }
    await #expect(throws: ConformanceFailure.self) { _ = try await outcome(.invertsOutcomes, [known]) }
    #expect(
      try await outcome(.invertsOutcomes, [ConformanceException(12, check.name, isIntermittent: true, reason: "at times")]) == .kept
    )
  }
}

/// A store that breaks the guarantee of its lie's number.
final class LyingStore: StoreLayer {
  enum Lie: Int, CaseIterable, Sendable {
    case deletesNothing = 1
    case ignoresChangedSources
    case listsBackwards
    case inventsVersions
    case ignoresConditions
    case flipsBytes
    case composesNames
    case findsEverything
    case ignoresRanges
    case outlivesCancellation
    case emptiesFolders
    case forgetsTimes
    case completesAborted
    case keepsNothing
    case invertsOutcomes
  }

  let base: any ObjectStore
  private let lie: Lie

  init(_ base: any ObjectStore, _ lie: Lie) {
    self.base = base
    self.lie = lie
  }

  func around<T: Sendable>(_ call: StoreCall, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await detached(body)
  }

  private func detached<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) async throws -> T {
    lie == .outlivesCancellation ? try await Task.detached { try await body() }.value : try await body()
  }

  func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing {
    lie == .listsBackwards ? BackwardListing(base.list(prefix, options)) : base.list(prefix, options)
  }

  func stat(_ key: ObjectKey) async throws -> ObjectInfo {
    do { return try await base.stat(name(key)) } catch  where lie == .findsEverything {
      return ObjectInfo(entry: ObjectEntry(key: key, size: 0, version: ObjectVersion("none")))
    }
  }

  func read(_ key: ObjectKey, _ options: ReadOptions, into sink: any ByteSink) async throws -> ReadResult {
    var options = options
    if lie == .ignoresRanges { options.range = nil }
    return try await base.read(name(key), options, into: lie == .flipsBytes ? FlippingSink(sink) : sink)
  }

  func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    var options = options
    var payload = payload
    switch lie {
    case .ignoresConditions: options.condition = .always
    case .forgetsTimes: options.metadata.modified = nil
    case .keepsNothing: options.keepReplacedAs = nil
    case .ignoresChangedSources:
      let source = payload
      payload = Payload(length: source.length, makeSource: { try source.makeSource($0) })
    default: break
    }
    let (base, name) = (base, name(key))
    let receipt = try await detached { [payload, options] in try await base.write(payload, to: name, options) }
    return lie == .inventsVersions ? WriteReceipt(version: ObjectVersion("new"), size: receipt.size) : receipt
  }

  func delete(_ targets: [DeleteTarget]) async throws -> [DeleteOutcome] {
    if lie == .deletesNothing { return targets.map { DeleteOutcome(key: $0.key) } }
    if lie == .emptiesFolders {
      for target in targets where target.key.isFolder {
        let listing = base.list(KeyPrefix(folder: target.key), ListOptions())
        while let page = try await listing.next() { _ = try await base.delete(page.entries.map { DeleteTarget($0.key) }) }
      }
    }
    let outcomes = try await base.delete(targets.map { DeleteTarget(name($0.key), ifMatches: $0.ifMatches) })
    return lie == .invertsOutcomes ? outcomes.reversed() : outcomes
  }

  func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    let upload = try await base.startMultipart(key, options)
    return lie == .completesAborted ? StubbornUpload(upload) : upload
  }

  /// What many stores on other systems do to names.
  private func name(_ key: ObjectKey) -> ObjectKey {
    guard lie == .composesNames else { return key }
    var bytes: [UInt8] = []
    var rest = key.bytes[...]
    while let byte = rest.first {
      if rest.starts(with: [0x65, 0xCC, 0x81]) {
        bytes += [0xC3, 0xA9]
        rest.removeFirst(3)
      } else {
        bytes.append(byte)
        rest.removeFirst()
      }
    }
    return ObjectKey(trusted: bytes)
  }
}

private final class BackwardListing: Listing {
  private let base: any Listing

  init(_ base: any Listing) { self.base = base }

  func next() async throws -> ListPage? {
    var page = try await base.next()
    page?.entries.reverse()
    return page
  }
}

private final class FlippingSink: ByteSink {
  private let base: any ByteSink

  init(_ base: any ByteSink) { self.base = base }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    var copy = Array(bytes)
    if let last = copy.indices.last { copy[last] ^= 1 }
    return try copy.withUnsafeBytes { try base.write($0) }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  func restart() throws { try base.restart() }
}

private final class StubbornUpload: MultipartWrite {
  private let base: any MultipartWrite

  init(_ base: any MultipartWrite) { self.base = base }

  var uploadID: String { base.uploadID }
  func write(part number: Int, _ payload: Payload) async throws { try await base.write(part: number, payload) }
  func copy(part number: Int, from source: ObjectKey, range: Range<Int64>, ifMatches: ObjectVersion?) async throws -> ContentHash? {
    try await base.copy(part: number, from: source, range: range, ifMatches: ifMatches)
  }
  func complete() async throws -> WriteReceipt { try await base.complete() }
  func abort() async { _ = try? await base.complete() }
}
