@testable import Composition
import Compression
import CompressionLayer
import Configuration
import Glibc
import LocalStorage
import ObjectStorage
import StoreLayers
import Testing

/// Stores that lie over others, from the configuration to the stored bytes.
@Suite struct LayeredPlaceTests {
  private func place(_ text: String, _ end: String) throws -> Place {
    let settings = try SettingsLoader.parse(Array(text.utf8), file: "isobar.yaml", folder: "/conf", environment: [:])
    return try PlaceResolver(settings: settings).place(End.parse(end))
  }

  private func layered(_ place: Place) throws -> LayeredPlace {
    guard case .layered(let layered) = place else { throw EndError(message: "no layered place") }
    return layered
  }

  @Test func `a configured store lies over another one, or a folder of it`() throws {
    let text = """
      stores:
        bucket: {type: s3, bucket: pictures, prefix: all, endpoint: "http://127.0.0.1:9"}
        packed: {type: compress, over: "bucket:zst", level: 9}
      """
    let found = try layered(place(text, "packed:2026/June"))
    #expect(found.subfolder?.description == "2026/June/")
    guard case .compressed(let options) = found.form, case .s3(let bucket) = found.base else {
      Issue.record("it lies over \(found.base)")
      return
    }
    #expect(options.level.value == 9 && bucket.subfolder == Array("zst".utf8))
    let opened = try StoreBuilder(runtime: Runtime()).open(.layered(found))
    #expect(opened.store is PrefixedStore && opened.remote != nil)
    #expect(opened.identity.displayName == "s3://pictures/all/zst/2026/June")
    #expect(!opened.identity.listsSizes)
  }

  @Test func `what goes through it is stored compressed, and can be refused`() async throws {
    let scratch = Scratch()
    let folder = scratch.folder("inside")
    let text = "stores:\n  packed: {type: compress, over: {type: local, path: \(folder)}}\n"
    let content = String(repeating: "again and again ", count: 1000)
    var place = try layered(place(text, "packed:below"))
    let opened = try StoreBuilder(runtime: Runtime()).open(.layered(place))
    guard try await LocalStore.open(path: Array(folder.utf8), options: LocalOptions()).capabilities().userMetadata else {
      print("skipped: no extended attributes here")
      return
    }
    try await opened.store.put("a.txt", content)
    #expect(try await opened.store.text("a.txt") == content)
    var status = stat()
    #expect(stat("\(folder)/below/a.txt", &status) == 0 && status.st_size < 200)
    #expect(opened.folderPath != nil && opened.root != nil)
    place.isReadOnly = true
    let sealed = try StoreBuilder(runtime: Runtime()).open(.layered(place))
    #expect((await error { try await sealed.store.put("b", "c") } as? StorageError)?.code == .permissionDenied)
    #expect(try await sealed.store.text("a.txt") == content)
    await opened.close()
    await sealed.close()
  }

  @Test func `a store that is made unreliable is used as a service is, and loses nothing`() async throws {
    let scratch = Scratch()
    let text = """
      stores:
        far: {type: mock, over: {type: local, path: \(scratch.folder("inside"))}, latency: 1ms, jitter: 1ms, errors: 20%, seed: 7}
      """
    let place = try layered(place(text, "far:below"))
    guard case .mocked(let faults) = place.form else {
      Issue.record("it is made \(place.form)")
      return
    }
    #expect(faults.seed == 7 && faults.latency == .milliseconds(1) && faults.jitter == .milliseconds(1))
    #expect(faults.failBefore + faults.throttle + faults.failAfter == 200)
    let limits = Limits(attempts: 30, retryDelay: .milliseconds(1), longestRetryDelay: .milliseconds(2))
    let opened = try StoreBuilder(runtime: Runtime(limits: limits)).open(.layered(place))
    for number in 0..<30 { try await opened.store.put("\(number).txt", "content \(number)") }
    for number in 0..<30 { #expect(try await opened.store.text("\(number).txt") == "content \(number)") }
    let snapshot = try #require(opened.meter?.snapshot)
    #expect(snapshot.total > 60)
    #expect(snapshot.errors[.throttled] ?? 0 > 0)
    #expect(opened.folderPath != nil)
    await opened.close()
  }
}
