/// Where the rows of a blob are. No name has a zero byte, so that keys are in the order of names.
struct AzureBlobKey: Hashable {
  let container: String
  let name: [UInt8]
  /// nil: the blob itself, which comes behind its snapshots.
  let snapshot: String?

  init(_ container: String, _ name: [UInt8], snapshot: String? = nil) {
    self.container = container
    self.name = name
    self.snapshot = snapshot
  }

  /// What the keys of all blobs in a container begin with.
  static func prefix(_ container: String) -> [UInt8] { Array(container.utf8) + [0] }

  private var stem: [UInt8] { Self.prefix(container) + name + [0] }

  var bytes: [UInt8] { snapshot.map { snapshotPrefix + Array($0.utf8) } ?? stem + [UInt8(ascii: "z")] }
  var snapshotPrefix: [UInt8] { stem + [UInt8(ascii: "s")] }
  var blockPrefix: [UInt8] { stem + [UInt8(ascii: "b")] }

  /// The blob itself.
  var base: AzureBlobKey { AzureBlobKey(container, name) }

  /// The name in a row's key, and whether the row is a snapshot's.
  static func parse(_ key: [UInt8], container: String) -> (name: [UInt8], isSnapshot: Bool)? {
    let rest = key.dropFirst(container.utf8.count + 1)
    guard let end = rest.firstIndex(of: 0), end + 1 < rest.endIndex else { return nil }
    return (Array(rest[..<end]), rest[end + 1] == UInt8(ascii: "s"))
  }
}
