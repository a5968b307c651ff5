import Concurrency
import Crypto
import DropboxStorage
import Emulators
import HTTPClient
import HTTPMessages
import HTTPServer
import ObjectStorage
import Primitives
import StoreTesting
import Testing

/// The contract of every store, held against the provider on an emulated account.
@Suite struct DropboxConformanceTests {
  @Test(arguments: StoreConformance.checks)
  func `an account keeps the contract`(_ check: ConformanceCheck) async throws {
    let server = try DropboxServer.shared.get()
    let subject = StoreUnderTest("dropbox", exceptions: KnownExceptions.dropbox) {
      let store = server.store("conformance \(Hex.encode(Random.bytes(6)))")
      try await store.createContainer()
      return store
    }
    try await StoreConformance.run(check, on: subject)
  }

  /// Over sockets, with the client that ships.
  @Test func `an account keeps the contract on the wire`() async throws {
    let server = try DropboxServer()
    let loop = EventLoop(name: "dropbox")
    let listener = HTTPListener(loop: loop, handler: server.emulator)
    let endpoint = try #require(HTTPEndpoint(scheme: .http, host: "127.0.0.1", port: Int(try listener.start())))
    let client = CurlTransport(loop: loop)
    for check in StoreConformance.checks where [1, 2, 5, 6, 9, 10, 15].contains(check.guarantee) {
      let subject = StoreUnderTest("dropbox", exceptions: KnownExceptions.dropbox) {
        var configuration = DropboxConfiguration(folder: Hex.encode(Random.bytes(6)), hosts: DropboxHosts(all: endpoint))
        configuration.chunkSize = 4 << 20
        let store = DropboxStore(
          configuration, transport: client,
          tokens: DropboxTokenProvider(
            DropboxCredentials(.accessToken(Secret(server.rules.developerToken))), transport: client, hosts: configuration.hosts))
        try await store.createContainer()
        return store
      }
      try await loop.run { _ = try await StoreConformance.run(check, on: subject) }
    }
    await client.close()
    await listener.close()
    await server.emulator.close()
    loop.shutdown()
  }

  /// Where the service lets only one write through at a time.
  @Test func `writers that get in each other's way come through`() async throws {
    let server = try DropboxServer(
      rules: DropboxRules(contention: .refused), faults: EmulatorFaults(latency: .milliseconds(5)))
    let store = server.store()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<12 {
        group.addTask {
          let key = try ObjectKey("f\(index)")
          for attempt in 0... {
            do {
              _ = try await store.write(.bytes([UInt8(index)]), to: key, WriteOptions())
              return
            } catch let error as StorageError where error.retry != .never && attempt < 20 { continue }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await keys(store.list(.all, ListOptions())).count == 12)
  }
}
