import Composition
import ObjectStorage
import Primitives

/// Tries on a store, by its contract alone, what a sync relies on.
struct StoreExamination {
  private let store: any ObjectStore
  private static let probe = ObjectKey(trusted: Array(".isobar/doctor/probe".utf8))
  private static let content = Array("isobar doctor".utf8)

  /// An examination of `store`.
  init(_ store: any ObjectStore) { self.store = store }

  /// Looks at everything; what fails is a finding.
  /// - Throws: `CancellationError`.
  func run() async throws -> [ServiceFinding] {
    var findings: [ServiceFinding] = []
    do {
      _ = try await store.list(.all, ListOptions(depth: .oneLevel, pageSize: 10)).next()
      findings.append(ServiceFinding("reading", .good, "it can be listed"))
    } catch let error as StorageError where error.code != .cancelled {
      return [ServiceFinding("reading", .failed, error.message)]
    }
    do {
      findings += try await write()
    } catch let error as StorageError where error.code != .cancelled {
      findings.append(
        ServiceFinding("writing", .failed, error.message, advice: "as the source of a copy it can be used, as a target not"))
    }
    try? await tidy()
    findings += described(try await store.capabilities())
    return findings
  }

  private func write() async throws -> [ServiceFinding] {
    let modified = Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789)
    _ = try await store.write(
      .bytes(Self.content), to: Self.probe, WriteOptions(metadata: ObjectMetadata(modified: modified, mode: 0o640)))
    guard try await store.readBytes(Self.probe, limit: 1000) == Self.content else {
      return [ServiceFinding("writing", .failed, "what was written does not come back", advice: "do not keep files here")]
    }
    var findings = [ServiceFinding("writing", .good, "a file was written, read back and is to be deleted")]
    let info = try await store.stat(Self.probe)
    let kept = info.entry.modified.map { $0.seconds == modified.seconds } ?? false
    findings.append(
      kept
        ? ServiceFinding("modification times", .good, info.entry.modified == modified ? "kept to the nanosecond" : "kept")
        : ServiceFinding("modification times", .limited, "not kept", advice: "files get the time of their transfer"))
    do {
      _ = try await store.write(.bytes(Self.content), to: Self.probe, WriteOptions(condition: .ifAbsent))
      findings.append(
        ServiceFinding(
          "writing only new objects", .limited, "a condition was ignored", advice: "let nothing else write here meanwhile"))
    } catch let error as StorageError where error.code == .alreadyExists {
      findings.append(ServiceFinding("writing only new objects", .good, "what is there is not replaced"))
    }
    try await store.flush()
    return findings
  }

  private func tidy() async throws {
    let keys = [".isobar/doctor/probe", ".isobar/doctor/", ".isobar/"].map { ObjectKey(trusted: Array($0.utf8)) }
    // A folder that holds more (the trash) stays.
    for key in keys { _ = try await store.delete([DeleteTarget(key)]) }
  }

  private func described(_ can: StoreCapabilities) -> [ServiceFinding] {
    func finding(_ name: String, _ isGood: Bool, _ good: String, _ limited: String, _ advice: String? = nil) -> ServiceFinding {
      ServiceFinding(name, isGood ? .good : .limited, isGood ? good : limited, advice: isGood ? nil : advice)
    }
    return [
      finding("replacing only a known state", can.ifMatches >= .checked, "it is looked at first", "not possible"),
      finding("permissions", can.mode, "kept", "not kept"),
      finding("user metadata", can.userMetadata, "kept", "not kept", "media types and other tools' metadata are lost here"),
      finding("renames", can.atomicMove, "one step", "a copy and a delete"),
    ]
  }
}
