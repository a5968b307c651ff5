import Concurrency
import Crypto
import Emulators
import GCSStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import StoreLayers
import Testing

/// The provider under retries, over a service that refuses, breaks off and loses answers.
@Suite struct EmulatedFaultTests {
  @Test(arguments: [UInt64(1), 2, 3])
  func `what a store says that it did is what is there, whatever goes wrong on the way`(_ seed: UInt64) async throws {
    let emulator = try GCSEmulator(settings: GCSEmulatorSettings(access: .tokens))
    let transport = InProcessTransport(
      FaultyHandler(emulator, EmulatorFaults.mixed(rate: 0.25), seed: seed) { status, _ in
        emulator.refusal(status: status, retryAfter: nil)
      })
    let endpoint = EmulatedGCS.endpoint
    let chain = GCSCredentialChain(
      transport: InProcessTransport(emulator), environment: .init(variables: [:], readFile: { _ in nil }),
      explicit: try emulator.serviceAccountFile(at: endpoint))
    var configuration = GCSConfiguration(bucket: GCSBucketName("faulty")!, endpoint: endpoint)
    configuration.project = "emulator"
    configuration.resumableThreshold = 100_000
    configuration.chunkSize = 256 << 10
    configuration.parallelThreshold = 600_000
    let base = GCSStore(configuration, transport: transport, tokens: GCSTokenProvider(chain: chain))
    let calm = GCSStore(configuration, transport: InProcessTransport(emulator), tokens: GCSTokenProvider(chain: chain))
    try await calm.createContainer()
    let store = RetryingStore(
      base,
      options: RetryOptions(attempts: 12, backoff: Backoff(base: .milliseconds(1), cap: .milliseconds(2)), seed: seed),
      budget: RetryBudget(capacity: 10_000))
    var random = SeededRandom(seed: seed)
    var expected: [ObjectKey: (bytes: [UInt8], version: ObjectVersion)] = [:]
    for step in 0..<40 {
      let key = try ObjectKey("k\(random.next() % 12)")
      let size = [0, 10, 5000, 300_000, 700_000][Int(random.next() % 5)]
      let bytes = [UInt8](repeating: UInt8(step), count: size)
      switch random.next() % 4 {
      case 0 where expected[key] != nil:
        let outcome = try await store.delete([DeleteTarget(key, ifMatches: expected[key]!.version)])
        #expect(outcome.first?.error == nil, "seed \(seed), step \(step)")
        expected[key] = nil
      // A joined object has no hash that identifies it: whether a copy of it whose answer was lost is there cannot be told.
      case 1 where expected[key].map({ $0.bytes.count < 600_000 }) ?? false:
        let target = try ObjectKey("copy\(step)")
        let receipt = try await store.copy(key, to: target, CopyOptions(condition: .ifAbsent))
        expected[target] = (expected[key]!.bytes, receipt.version)
      default:
        // As the engine does: by its time an object without such a hash is known to be the one that was written.
        let metadata = ObjectMetadata(modified: Timestamp(seconds: 1_700_000_000 + Int64(step)), mode: 0o644)
        let condition = expected[key].map { WriteCondition.ifMatches($0.version) } ?? .ifAbsent
        let receipt = try await store.write(.bytes(bytes), to: key, WriteOptions(condition: condition, metadata: metadata))
        expected[key] = (bytes, receipt.version)
      }
    }
    for (key, object) in expected {
      #expect(try await store.readBytes(key, limit: 1 << 20) == object.bytes, "seed \(seed), \(key)")
    }
    var listed: [ObjectKey: ObjectVersion] = [:]
    let listing = store.list(.all, ListOptions())
    while let page = try await listing.next() { for entry in page.entries { listed[entry.key] = entry.version } }
    #expect(listed == expected.mapValues(\.version), "seed \(seed)")
    // Parts of attempts whose cleaning failed as well may stay; they are known, and go.
    _ = try await calm.removeAbandonedUploads(olderThan: .seconds(-60), isDry: false)
    #expect(try await calm.removeAbandonedUploads(olderThan: .seconds(-60), isDry: true) == 0)
  }
}
