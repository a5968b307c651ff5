import Markup
import Primitives

/// The rows of the account inside a transaction. Used by one caller at a time, and no longer than the transaction.
final class AzureTransaction {
  let now: Timestamp
  let behaviour: AzureBehaviour
  private let rows: EmulatorRows
  private var lastTick: Int64?
  private var firstTick: Int64?
  /// How the number of extents that have a file changes.
  private var changes: [String: (file: Blob, delta: Int64)] = [:]

  init(_ rows: EmulatorRows, _ behaviour: AzureBehaviour, now: Timestamp) {
    self.rows = rows
    self.behaviour = behaviour
    self.now = now
  }

  /// A time that no other tick of this account has: for ETags and snapshots.
  func tick() throws -> Int64 {
    if lastTick == nil { lastTick = try rows.get("meta", Array("tick".utf8))?.integerValue ?? 0 }
    let tick = max(AzureTicks.ticks(now), (lastTick ?? 0) + 1)
    lastTick = tick
    firstTick = firstTick ?? tick
    return tick
  }

  // MARK: Containers

  /// - Throws: `ContainerNotFound`, `ContainerBeingDeleted`.
  func container(_ name: String) throws -> AzureContainer {
    guard let container = try anyContainer(name) else { throw AzureFault.containerNotFound }
    guard container.goneAt == nil else { throw AzureFault.containerBeingDeleted }
    return container
  }

  /// Also one that is being deleted.
  func anyContainer(_ name: String) throws -> AzureContainer? {
    guard let json = try rows.get("containers", Array(name.utf8)) else { return nil }
    let container = try AzureContainer(json)
    if let goneAt = container.goneAt, goneAt <= now {
      try rows.remove("containers", Array(name.utf8))
      return nil
    }
    return container
  }

  func put(_ container: AzureContainer) throws { try rows.put("containers", Array(container.name.utf8), container.json) }

  /// Removes a container with all that is in it.
  func remove(_ container: AzureContainer) throws {
    let prefix = AzureBlobKey.prefix(container.name)
    for collection in ["content", "pending", "blocks"] {
      while case let page = try rows.scan(collection, prefix: prefix, limit: 1000), !page.isEmpty {
        for (key, value) in page {
          change(try AzureExtent.list(value["extents"]), by: -1)
          try rows.remove(collection, key)
        }
      }
    }
    for collection in ["blobs", "staged"] {
      while case let page = try rows.scan(collection, prefix: prefix, limit: 1000), !page.isEmpty {
        for (key, _) in page { try rows.remove(collection, key) }
      }
    }
    guard behaviour.containerDeletion > .zero else {
      try rows.remove("containers", Array(container.name.utf8))
      return
    }
    var container = container
    container.goneAt = now + behaviour.containerDeletion
    try put(container)
  }

  func containers(prefix: [UInt8], from: [UInt8]?, limit: Int) throws -> [AzureContainer] {
    try rows.scan("containers", prefix: prefix, from: from, limit: limit).map { try AzureContainer($0.value) }
  }

  // MARK: Blobs

  /// The blob or snapshot, also one of which there are uncommitted blocks only; what time has brought is done first.
  func anyBlob(_ key: AzureBlobKey) throws -> AzureBlob? {
    guard let json = try rows.get("blobs", key.bytes) else { return nil }
    var blob = try AzureBlob(name: key.name, json)
    var isChanged = false
    if let copy = blob.copy, copy.status == .pending, let dueAt = copy.dueAt, dueAt <= now {
      try finishCopy(key, &blob)
      isChanged = true
    }
    if let rehydration = blob.rehydration, rehydration.readyAt <= now {
      (blob.tier, blob.rehydration, blob.tierChanged) = (rehydration.tier, nil, rehydration.readyAt)
      isChanged = true
    }
    if blob.isUncommitted, try staged(key).count == 0 {
      try rows.remove("blobs", key.bytes)
      return nil
    }
    if isChanged { try rows.put("blobs", key.bytes, blob.json) }
    return blob
  }

  /// The blob or snapshot; nil if there is none.
  func blobIfAny(_ key: AzureBlobKey) throws -> AzureBlob? {
    guard let blob = try anyBlob(key), !blob.isUncommitted else { return nil }
    return blob
  }

  /// Stores a blob, and its content if that is another.
  func put(_ key: AzureBlobKey, _ blob: AzureBlob, content: AzureContent? = nil) throws {
    var blob = blob
    if let content {
      try dropContent(key)
      change(content.extents, by: 1)
      try rows.put("content", key.bytes, content.json)
      blob.size = content.size
    }
    try rows.put("blobs", key.bytes, blob.json)
  }

  /// Removes a blob or snapshot with its content.
  func remove(_ key: AzureBlobKey) throws {
    try dropContent(key)
    try dropPending(key)
    try rows.remove("blobs", key.bytes)
  }

  func content(_ key: AzureBlobKey) throws -> AzureContent {
    try rows.get("content", key.bytes).map { try AzureContent($0) } ?? AzureContent()
  }

  private func dropContent(_ key: AzureBlobKey) throws {
    guard let old = try rows.get("content", key.bytes) else { return }
    change(try AzureExtent.list(old["extents"]), by: -1)
    try rows.remove("content", key.bytes)
  }

  /// Rows of blobs in the order of their names; snapshots before what they are of.
  func blobs(_ container: String, prefix: [UInt8], from: [UInt8]?, limit: Int) throws -> [(key: [UInt8], json: JSONValue)] {
    try rows.scan("blobs", prefix: AzureBlobKey.prefix(container) + prefix, from: from, limit: limit).map { ($0.key, $0.value) }
  }

  /// The times of a blob's snapshots.
  func snapshots(_ key: AzureBlobKey) throws -> [String] {
    try rows.scan("blobs", prefix: key.snapshotPrefix, limit: .max).map {
      String(decoding: $0.key[key.snapshotPrefix.count...], as: UTF8.self)
    }
  }

  // MARK: Blocks

  /// How many uncommitted blocks there are, and when the last of them came. A week later they are gone.
  private func staged(_ key: AzureBlobKey) throws -> (count: Int64, last: Timestamp) {
    guard let json = try rows.get("staged", key.bytes), let last = AzureCoding.time(json["last"]) else { return (0, now) }
    guard last + .seconds(7 * 86_400) > now else {
      try dropBlocks(key)
      return (0, now)
    }
    return (json["count"]?.integerValue ?? 0, last)
  }

  /// The uncommitted blocks, in the order of their identifiers.
  func blocks(_ key: AzureBlobKey) throws -> [AzureStagedBlock] {
    guard try staged(key).count > 0 else { return [] }
    return try rows.scan("blocks", prefix: key.blockPrefix, limit: .max).map { try AzureStagedBlock($0.value) }
  }

  func block(_ key: AzureBlobKey, id: [UInt8]) throws -> AzureStagedBlock? {
    try rows.get("blocks", key.blockPrefix + id).map { try AzureStagedBlock($0) }
  }

  func firstBlock(_ key: AzureBlobKey) throws -> AzureStagedBlock? {
    guard try staged(key).count > 0 else { return nil }
    return try rows.scan("blocks", prefix: key.blockPrefix, limit: 1).first.map { try AzureStagedBlock($0.value) }
  }

  func blockCount(_ key: AzureBlobKey) throws -> Int64 { try staged(key).count }

  func put(_ key: AzureBlobKey, _ block: AzureStagedBlock, id: [UInt8]) throws {
    let old = try self.block(key, id: id)
    if let old { change(old.extents, by: -1) }
    let count = try staged(key).count + (old == nil ? 1 : 0)
    try rows.put("staged", key.bytes, ["count": .integer(count), "last": AzureCoding.time(now)])
    change(block.extents, by: 1)
    try rows.put("blocks", key.blockPrefix + id, block.json)
  }

  func dropBlocks(_ key: AzureBlobKey) throws {
    guard try rows.remove("staged", key.bytes) else { return }
    for (row, value) in try rows.scan("blocks", prefix: key.blockPrefix, limit: .max) {
      change(try AzureStagedBlock(value).extents, by: -1)
      try rows.remove("blocks", row)
    }
  }

  // MARK: Copies under way

  func putPending(_ key: AzureBlobKey, _ content: AzureContent) throws {
    try dropPending(key)
    change(content.extents, by: 1)
    try rows.put("pending", key.bytes, content.json)
  }

  func dropPending(_ key: AzureBlobKey) throws {
    guard let old = try rows.get("pending", key.bytes) else { return }
    change(try AzureExtent.list(old["extents"]), by: -1)
    try rows.remove("pending", key.bytes)
  }

  private func finishCopy(_ key: AzureBlobKey, _ blob: inout AzureBlob) throws {
    guard let json = try rows.get("pending", key.bytes) else { return }
    let content = try AzureContent(json)
    if var copy = blob.copy {
      (copy.status, copy.completed, copy.dueAt) = (.success, copy.dueAt, nil)
      blob.copy = copy
    }
    blob.etag = try tick()
    blob.modified = now
    blob.size = content.size
    try put(key, blob, content: content)
    try dropPending(key)
  }

  // MARK: Files

  /// A file that has come and may be kept.
  func consider(_ file: Blob) { changes[file.id] = (file, 0) }

  private func change(_ extents: [AzureExtent], by delta: Int64) {
    for case let file? in extents.map(\.file) { changes[file.id, default: (file, 0)].delta += delta }
  }

  /// How many extents have a file.
  static func count(of file: Blob, in rows: EmulatorRows) throws -> Int64 {
    try rows.get("files", Array(file.id.utf8))?.integerValue ?? 0
  }

  /// Writes what is left to write.
  /// - Returns: the files that nothing refers to any more.
  func finish() throws -> [Blob] {
    if firstTick != nil, let lastTick { try rows.put("meta", Array("tick".utf8), .integer(lastTick)) }
    var unwanted: [Blob] = []
    for (id, change) in changes {
      let key = Array(id.utf8)
      let known = try Self.count(of: change.file, in: rows)
      let count = known + change.delta
      if count == 0 {
        if known != 0 { try rows.remove("files", key) }
        unwanted.append(change.file)
      } else if change.delta != 0 {
        try rows.put("files", key, .integer(count))
      }
    }
    return unwanted
  }
}

extension AzureTransaction {
  /// A row of a listing as a blob, after what time has brought.
  func listed(_ key: [UInt8], name: [UInt8], _ json: JSONValue, container: String) throws -> AzureBlob {
    let blob = try AzureBlob(name: name, json)
    guard blob.copy?.status == .pending || blob.rehydration != nil else { return blob }
    return try anyBlob(AzureBlobKey(container, name, snapshot: blob.snapshot)) ?? blob
  }
}
