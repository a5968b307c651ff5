public import ObjectStorage
import Primitives

/// What every service that keeps versions must show of them.
public enum VersionChecks {
  /// Three states of a file, then its deletion, beside a file whose name begins alike. What the store keeps must be switched on.
  /// - Parameter listsDeletions: whether a deletion is a state of its own.
  /// - Returns: what is wrong; empty if all is well.
  public static func run(_ store: some RemoteStore, listsDeletions: Bool) async throws -> [String] {
    var wrong: [String] = []
    func expect(_ condition: Bool, _ what: String) { if !condition { wrong.append(what) } }
    let (key, neighbour) = (try ObjectKey("folder/notes é.txt"), try ObjectKey("folder/notes é.txt.bak"))
    let time = Timestamp(seconds: 1_700_000_000)
    _ = try await store.write(.bytes([9]), to: neighbour, WriteOptions())
    for count in 1...3 {
      let content = [UInt8](repeating: UInt8(count), count: count)
      _ = try await store.write(
        .bytes(content), to: key, WriteOptions(metadata: ObjectMetadata(modified: time + .seconds(Int64(count)))))
    }
    let kept = try await store.versions(of: key, limit: 100)
    expect(kept.map(\.size) == [3, 2, 1], "the newest is not first, or one is missing: \(kept)")
    expect(kept.map(\.isCurrent) == [true, false, false], "not the newest is the current one: \(kept)")
    expect(Set(kept.map(\.id)).count == 3, "two have one name: \(kept)")
    expect(kept.allSatisfy { $0.stored != nil }, "one has no time: \(kept)")
    expect(try await store.versions(of: key, limit: 2) == Array(kept.prefix(2)), "a limit gives others than the newest")
    expect(try await store.versions(of: neighbour, limit: 100).count == 1, "the neighbour has versions of others")
    expect(try await store.versions(of: try ObjectKey("folder/other"), limit: 100).isEmpty, "a name that never was has versions")
    for (version, count) in zip(kept, [3, 2, 1]) {
      let object = try await store.payload(for: key, versionID: version.id)
      expect(object.info.entry.modified == time + .seconds(Int64(count)), "another time than it had: \(object.info.entry)")
      expect(try await bytes(object) == [UInt8](repeating: UInt8(count), count: count), "other bytes than it had: \(version)")
    }
    if let error = try await store.delete([DeleteTarget(key)]).first?.error { throw error }
    let after = try await store.versions(of: key, limit: 100)
    expect(after.filter { !$0.isDeletion }.map(\.size) == [3, 2, 1], "a deletion takes versions with it: \(after)")
    expect(after.allSatisfy { !$0.isCurrent || $0.isDeletion }, "what was deleted is the current one: \(after)")
    expect(after.first?.isDeletion == listsDeletions, "the deletion does not stand first: \(after)")
    guard let old = after.first(where: { $0.size == 2 }) else { return wrong + ["nothing can be brought back"] }
    let object = try await store.payload(for: key, versionID: old.id)
    _ = try await store.write(object.payload, to: key, WriteOptions(condition: .ifAbsent))
    expect(try await store.readBytes(key, limit: 9) == [2, 2], "what was brought back is something else")
    for unknown in ["", "nonsense", "1", "000000000"] {
      do {
        _ = try await store.payload(for: key, versionID: unknown)
        wrong.append("a version “\(unknown)” is given that there is not")
      } catch is StorageError {}
    }
    return wrong
  }

  /// All bytes of a payload.
  public static func bytes(_ object: ObjectPayload) async throws -> [UInt8] {
    let source = try object.payload.makeSource()
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      switch try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }) {
      case .bytes(let count): bytes += buffer[..<count]
      case .end: return bytes
      case .pause:
        await withCheckedContinuation { continuation in source.whenReady { continuation.resume() } }
      }
    }
  }
}
