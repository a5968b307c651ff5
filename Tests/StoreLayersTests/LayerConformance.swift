import Concurrency
import MemoryStorage
import ObjectStorage
import Primitives
import StoreLayers
import StoreTesting
import Testing

@Suite struct LayerConformance {
  private static let folder = try! ObjectKey("some/folder é/")

  static let stores = [
    StoreUnderTest("metered memory") { MeteredStore(MemoryStore(), meter: RequestMeter(store: "test")) },
    StoreUnderTest("concurrency-limited memory") { ConcurrencyLimitedStore(MemoryStore(), limit: 2) },
    StoreUnderTest("memory limited to one call") { ConcurrencyLimitedStore(MemoryStore(), limit: 1) },
    StoreUnderTest("memory with deadlines") { DeadlineStore(MemoryStore()) },
    StoreUnderTest("retrying memory") { RetryingStore(MemoryStore()) },
    StoreUnderTest("retrying memory with faults") {
      let seed = UInt64.random(in: 0..<1_000_000)
      print("faults of seed \(seed)")
      // Not those calls that cannot be repeated: pushed bytes, and joining parts.
      let operations = Set(StoreCall.Operation.allCases).subtracting([.commit, .completeMultipart])
      let faulty = FaultyStore(
        MemoryStore(MemoryStoreOptions(hash: .sha256)),
        random: RandomFaults(seed: seed, failBefore: 150, failAfter: 150, breakBody: 200, operations: operations))
      return RetryingStore(
        faulty, options: RetryOptions(attempts: 40, backoff: Backoff(base: .microseconds(10), cap: .microseconds(100)), seed: seed),
        budget: RetryBudget(capacity: 1_000_000))
    },
    StoreUnderTest("memory behind a circuit breaker") { CircuitBreakerStore(MemoryStore()) },
    StoreUnderTest("a folder of memory") { try PrefixedStore(MemoryStore(), folder: folder) },
    StoreUnderTest("a folder of memory like a folder") {
      try PrefixedStore(MemoryStore(MemoryStoreOptions(capabilities: MemoryStoreOptions.likeFolder)), folder: folder)
    },
    StoreUnderTest("memory with other names") { AliasedStore(MemoryStore(), names: NameMap()) },
    StoreUnderTest("memory with the names of Windows") {
      var capabilities = MemoryStoreOptions.everything
      capabilities.names = .windows
      capabilities.maximumNameLength = 90
      let store = AliasedStore(MemoryStore(MemoryStoreOptions(capabilities: capabilities)), names: NameMap())
      _ = try await store.capabilities()
      return store
    },
    StoreUnderTest("faulty memory without faults") { FaultyStore(MemoryStore()) },
    StoreUnderTest("memory as slow as a service") {
      FaultyStore(
        MemoryStore(), random: .service(seed: 1, share: 0, latency: .microseconds(20), jitter: .microseconds(20)))
    },
    StoreUnderTest("retrying memory as unreliable as a service") {
      let seed = UInt64.random(in: 0..<1_000_000)
      print("faults of seed \(seed)")
      return RetryingStore(
        FaultyStore(
          MemoryStore(MemoryStoreOptions(hash: .sha256)), random: .service(seed: seed, share: 300, jitter: .microseconds(20))),
        options: RetryOptions(attempts: 40, backoff: Backoff(base: .microseconds(10), cap: .microseconds(100)), seed: seed),
        budget: RetryBudget(capacity: 1_000_000))
    },
    StoreUnderTest("all layers over memory") {
      let metered = MeteredStore(MemoryStore(), meter: RequestMeter(store: "test"))
      let limited = ConcurrencyLimitedStore(metered, limit: 4)
      let retrying = RetryingStore(DeadlineStore(limited))
      return try PrefixedStore(CircuitBreakerStore(retrying), folder: folder)
    },
  ]

  @Test(.serialized, arguments: stores, StoreConformance.checks)
  func `a layer keeps every guarantee of the store inside`(_ store: StoreUnderTest, _ check: ConformanceCheck) async throws {
    try await StoreConformance.run(check, on: store)
  }

  @Test(arguments: stores)
  func `a layer adds no capability and hides none`(_ store: StoreUnderTest) async throws {
    let layered = try await store.make()
    var expected = MemoryStoreOptions.everything
    if store.name.contains("like a folder") { expected = MemoryStoreOptions.likeFolder }
    if store.name.contains("Windows") { (expected.names, expected.maximumNameLength) = (.windows, 90) }
    let seen = try await layered.capabilities()
    if layered is PrefixedStore { expected.maximumKeyLength -= Self.folder.bytes.count }
    #expect(seen == expected)
    #expect(layered.identity.listsFolders == expected.realFolders)
    #expect(layered.identity.isLocal == expected.localReads)
  }
}
