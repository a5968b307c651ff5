import Age
import Concurrency
import Crypto
public import ObjectStorage
import Primitives

extension EncryptedStore {
  /// Every write has a key of its own, and the same bytes however often they are asked for: the store below reads them for its hashes,
  /// its parts and its retries.
  ///
  /// A payload at hand (a file of this machine) is hashed first: half a second of processor time a GiB, for which a later comparison
  /// with this object costs one small read instead of all of it. What comes over a network is not read twice.
  ///
  /// What was given once is given again only while the payload is unchanged: two contents under one key would give away both.
  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    if isOwn(key) { throw refused(key) }
    let keys = try await keys.forWriting()
    if key.isFolder { return try await base.write(payload, to: key, options) }
    let hash = payload.isAtHand ? try await sha256(of: payload) : nil
    let record = ObjectRecord(
      size: payload.length, sha256: hash, contentType: options.metadata.contentType, user: options.metadata.user,
      recipients: ObjectRecord.fingerprint(of: keys.recipients))
    let failures = failures
    let file = try failures.mapping(key) {
      try SealedFile(plainLength: payload.length, recipients: keys.recipients) { fileKey in
        guard let stanza = record.stanza(fileKey) else { throw AgeError(.unsupported, "there is too much metadata") }
        return [stanza]
      }
    }
    let given = GivenRanges()
    let sealed = Payload(
      length: file.length, isAtHand: payload.isAtHand,
      makeSource: { range in
        let verify = given.note(range) ? payload.verifyUnchanged : nil
        return MappedSource(try file.source(range, verify: verify) { try payload.makeSource($0) }, failures, key)
      }, verifyUnchanged: payload.verifyUnchanged)
    var inner = options
    inner.metadata = outside(options.metadata)
    // Another attempt has another key: nothing of an interrupted one can be used again.
    inner.contentID = nil
    let receipt = try await base.write(sealed, to: key, inner)
    sizes.note(key, receipt.version, payload.length)
    return WriteReceipt(
      version: receipt.version, size: payload.length, hash: hash.map { ContentHash(.sha256, $0) }, modified: receipt.modified,
      identity: receipt.identity)
  }

  public func copy(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try await relocate(source, destination, options) { try await self.base.copy(source, to: destination, $0) }
  }

  public func move(_ source: ObjectKey, to destination: ObjectKey, _ options: CopyOptions) async throws -> WriteReceipt {
    try await relocate(source, destination, options) { try await self.base.move(source, to: destination, $0) }
  }

  /// Time and permission bits only: what else is said of an object is inside it, and stays. Other metadata than are there would need
  /// the content to be sent again: `.unsupported`.
  public func updateMetadata(
    _ metadata: ObjectMetadata, of key: ObjectKey, ifMatches: ObjectVersion?
  ) async throws -> WriteReceipt {
    if isOwn(key) { throw refused(key) }
    guard try await isReadable() else { throw failures(.notFound, key, "there is no such object") }
    if key.isFolder { return try await base.updateMetadata(metadata, of: key, ifMatches: ifMatches) }
    let size = try await size(of: key, ifMatches, keeping: metadata)
    let receipt = try await base.updateMetadata(outside(metadata), of: key, ifMatches: ifMatches)
    return noted(receipt, at: key, size)
  }

  /// Copies and moves ciphertext as it is.
  private func relocate(
    _ source: ObjectKey, _ destination: ObjectKey, _ options: CopyOptions,
    _ body: (CopyOptions) async throws -> WriteReceipt
  ) async throws -> WriteReceipt {
    for key in [source, destination] where isOwn(key) { throw refused(key) }
    guard try await isReadable() else { throw failures(.notFound, source, "there is no such object") }
    if source.isFolder { return try await body(options) }
    let size = try await size(of: source, options.sourceMatches, keeping: options.metadata)
    var inner = options
    inner.metadata = options.metadata.map(outside)
    return noted(try await body(inner), at: destination, size)
  }

  private func noted(_ receipt: WriteReceipt, at key: ObjectKey, _ size: Int64) -> WriteReceipt {
    sizes.note(key, receipt.version, size)
    return WriteReceipt(version: receipt.version, size: size, modified: receipt.modified, identity: receipt.identity)
  }

  /// The size of an object's content, from memory if it is known what state the object is in. Looks whether the metadata that are inside
  /// stay as they are.
  private func size(of key: ObjectKey, _ version: ObjectVersion?, keeping metadata: ObjectMetadata?) async throws -> Int64 {
    let saysMore = metadata.map { $0.contentType != nil || !$0.user.isEmpty } ?? false
    if !saysMore, let version, let size = sizes.size(key, version) { return size }
    let info: ObjectInfo
    do { info = try await stat(key) } catch let error as StorageError where error.code == .archived && !saysMore {
      return try await base.stat(key).entry.size
    }
    if saysMore, let metadata, metadata.contentType != info.contentType || metadata.user != info.userMetadata {
      throw StorageError.unsupported("change the metadata that are inside an encrypted object", store: identity.displayName)
    }
    return info.entry.size
  }

  /// What the store below is told of an object.
  func outside(_ metadata: ObjectMetadata) -> ObjectMetadata {
    ObjectMetadata(modified: metadata.modified, mode: metadata.mode, contentType: "application/octet-stream")
  }

  /// Bytes that are hashed between two looks whether anybody still wants to know.
  private static let stretch: Int64 = 64 << 20

  /// Reads a payload that is at hand, on a thread that may block. Nil if it turns out to pause.
  private func sha256(of payload: Payload) async throws -> [UInt8]? {
    let source = try payload.unseen.makeSource()
    let stream = HashStream([.sha256])
    var count: Int64 = 0
    while count < payload.length {
      let wanted = min(payload.length - count, Self.stretch)
      let read = try await BlockingPool.shared.run {
        var buffer = [UInt8](repeating: 0, count: Int(min(wanted, 256 << 10)))
        defer { buffer.withUnsafeMutableBytes { Wipe.bytes($0) } }
        var read: Int64 = 0
        while read < wanted {
          guard case .bytes(let more) = try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }) else { return read }
          buffer.withUnsafeBytes { stream.update(UnsafeRawBufferPointer(rebasing: $0[..<more])) }
          read += Int64(more)
        }
        return read
      }
      count += read
      if read < wanted { return nil }
    }
    return count == payload.length ? stream.finish()[.sha256] : nil
  }
}

/// Which bytes of an encrypted file have been given away.
private final class GivenRanges: Sendable {
  private let ranges = Lock<[Range<Int64>]>([])

  /// Notes a range. Parts come about in order, so that the ranges stay few.
  /// - Returns: whether any of it was noted before.
  func note(_ range: Range<Int64>) -> Bool {
    ranges.withLock { ranges in
      var isKnown = false
      var merged = range
      ranges.removeAll { other in
        if other.overlaps(range) { isKnown = true }
        guard other.lowerBound <= merged.upperBound, merged.lowerBound <= other.upperBound else { return false }
        merged = min(other.lowerBound, merged.lowerBound)..<max(other.upperBound, merged.upperBound)
        return true
      }
      ranges.append(merged)
      return isKnown
    }
  }
}
