import Crypto
import ObjectStorage
import Primitives

/// Whether a change whose answer was lost has happened. Each looks once or twice, with retries of its own, and says nil if it has not
/// happened, or if that cannot be told.
extension RetryingStore {
  /// The receipt of our own write, if the object is now exactly what we wrote: same length, and same hash by a method that the
  /// store reports, or, where it reports none that proves it, the same metadata including a modification time.
  /// - Parameter condition: that of the write. An object that is still in the version which was to be replaced is not ours, unless its
  ///   hash says so: a file edited in place may have its old length and time.
  func receipt(
    ofOwn payload: Payload, at key: ObjectKey, _ metadata: ObjectMetadata, _ condition: WriteCondition
  ) async throws -> WriteReceipt? {
    let info = try await stat(key)
    guard info.entry.size == payload.length else { return nil }
    let hashes = (info.entry.hash.map { [$0] } ?? []) + info.hashes
    // One that identifies content decides alone; a checksum can only say no.
    if let hash = hashes.first(where: { $0.method.identifiesContent }) ?? hashes.first,
      let own = try digest(payload, hash.method)
    {
      if own != hash.bytes { return nil }
      if hash.method.identifiesContent { return try await completed(info, metadata) }
    }
    if condition == .ifMatches(info.entry.version) { return nil }
    return try await holds(info, metadata) ? receipt(info) : nil
  }

  /// The receipt of our own copy, if source and destination are now equal.
  func receipt(ofCopy source: ObjectKey, at destination: ObjectKey) async throws -> WriteReceipt? {
    let (from, to) = (try await stat(source), try await stat(destination))
    guard from.entry.size == to.entry.size else { return nil }
    let equal = (from.hashes + [from.entry.hash].compactMap { $0 }).contains { hash in
      hash.method.identifiesContent && (to.hashes.contains(hash) || to.entry.hash == hash)
    }
    return equal ? receipt(to) : nil
  }

  /// The receipt of our own move: the source, which was there, is gone, and the destination is there.
  func receipt(ofMove source: ObjectKey, to destination: ObjectKey) async throws -> WriteReceipt? {
    guard try await find(source) == nil, let info = try await find(destination) else { return nil }
    return receipt(info)
  }

  /// The receipt of our own change of metadata, if the object now has it.
  func receipt(ofUpdate metadata: ObjectMetadata, at key: ObjectKey) async throws -> WriteReceipt? {
    let info = try await stat(key)
    return try await holds(info, metadata) ? receipt(info) : nil
  }

  /// The receipt of our own bytes, with what belongs beside them: a service that broke down in the middle may have kept the bytes only.
  private func completed(_ info: ObjectInfo, _ metadata: ObjectMetadata) async throws -> WriteReceipt {
    let limits = try await capabilities()
    guard limits.updateMetadata, limits.modifiedPrecision != nil, metadata.modified != nil, try await !holds(info, metadata) else {
      return receipt(info)
    }
    return try await updateMetadata(metadata, of: info.entry.key, ifMatches: info.entry.version)
  }

  /// Whether an object has this metadata, as far as the store keeps it; never true without a modification time, which is what
  /// tells one writer's metadata from another's.
  private func holds(_ info: ObjectInfo, _ metadata: ObjectMetadata) async throws -> Bool {
    let limits = try await capabilities()
    guard let precision = limits.modifiedPrecision, let modified = metadata.modified,
      info.entry.modified == modified.truncated(toNanoseconds: precision)
    else { return false }
    return (!limits.mode || info.entry.mode == metadata.mode) && (!limits.userMetadata || info.userMetadata == metadata.user)
  }

  private func receipt(_ info: ObjectInfo) -> WriteReceipt {
    WriteReceipt(
      version: info.entry.version, size: info.entry.size, hash: info.entry.hash ?? info.hashes.first, modified: info.entry.modified,
      identity: info.entry.identity)
  }

  /// The payload's digest, read anew; nil for a source that pauses (it comes over a network, where reading again is dear).
  private func digest(_ payload: Payload, _ method: ContentHash.Method) throws -> [UInt8]? {
    if case .sha256OfParts(let size) = method {
      guard let partSize = Int(exactly: size), partSize > 0 else { return nil }
      let parts = SHA256OfParts(partSize: partSize)
      return try read(payload, parts.update) ? parts.finish() : nil
    }
    guard let algorithm = method.algorithm, algorithm.isAvailable else { return nil }
    let stream = HashStream([algorithm])
    return try read(payload) { stream.update($0) } ? stream.finish()[algorithm] : nil
  }

  /// Gives all bytes of a payload to `taker`.
  /// - Returns: false for a source that pauses.
  private func read(_ payload: Payload, _ taker: (UnsafeRawBufferPointer) -> Void) throws -> Bool {
    let source = try payload.makeSource()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      switch try source.read(into: buffer) {
      case .bytes(let count): taker(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      case .pause: return false
      case .end: return true
      }
    }
  }
}
