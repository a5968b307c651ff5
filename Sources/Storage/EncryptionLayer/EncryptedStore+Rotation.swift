import Age
import Concurrency
public import Crypto
public import ObjectStorage
import Primitives

/// Other recipients for what is there already.
extension EncryptedStore {
  /// What became of one object.
  public enum Rewrapping: Sendable {
    /// It has a new header.
    case done
    /// Its header was for these recipients already.
    case current
  }

  /// Bytes that are sent again with a new header where the store can take the rest from the object itself.
  private static let resent: Int64 = 8 << 20
  /// Bytes of a part that the store takes from the object.
  private static let copied: Int64 = 1 << 30

  /// Encrypts the store's own key object anew, for the recipients of the options, unless it is for them already. Before the objects: a new
  /// recipient without it could not even begin.
  ///
  /// Nothing happens to a store that a passphrase opens: see `changePassphrase`.
  /// - Throws: `.unauthenticated` if the identities of the options do not open it: they must be old and new ones together.
  public func rewrapKeys() async throws { try await keys.rewrap() }

  /// Encrypts the key object of a store that a passphrase opens under another passphrase, with the same work factor. The objects stay as they
  /// are: they are encrypted for a key that lies in the key object. Takes some two seconds. This value keeps the old passphrase.
  /// - Throws: `StorageError`: `.invalidArgument` where the store is opened by keys, `.notFound` where nothing was written yet,
  ///   `.unauthenticated` if the old passphrase is wrong.
  public func changePassphrase(to new: SecretBytes) async throws { try await keys.changePassphrase(to: new) }

  /// Whether a passphrase opens the store.
  public var hasPassphrase: Bool { if case .passphrase = options.access { true } else { false } }

  /// For whom the store is encrypted, as age spells them; nobody where a passphrase opens it.
  public var recipients: [String] { if case .keys(let some, _) = options.access { some.map(\.description) } else { [] } }

  /// Whether nobody named them, so that they are those of all identities.
  public var impliesRecipients: Bool { options.impliesRecipients }

  /// Gives an object a header for the recipients of the options; its content stays as it is, and is not decrypted.
  ///
  /// Costs a read of the header; then, if it has to change, the object is sent through this machine, or, where the store copies parts
  /// by itself, the first 8 MiB of it. The object gets a new version.
  /// - Throws: `StorageError`: `.preconditionFailed` if somebody wrote it meanwhile.
  public func rewrap(_ key: ObjectKey) async throws -> Rewrapping {
    if key.isFolder || isOwn(key) { return .current }
    let keys = try await keys.forWriting()
    let object = try await open(key, ifMatches: nil, keys.identities)
    let fingerprint = ObjectRecord.fingerprint(of: keys.recipients)
    if object.record?.recipients == fingerprint { return .current }
    let head = try failures.mapping(key) {
      // What `age` wrote gets a record, too: then the next rotation knows.
      var record = object.record ?? ObjectRecord(size: object.layout.plainLength)
      record.recipients = fingerprint
      guard let stanza = record.stanza(object.key) else { throw AgeError(.unsupported, "there is too much metadata") }
      return try Header.encode(for: keys.recipients, object.key, keeping: [stanza])
    }
    let version = object.info.entry.version
    let stored = try await base.payload(for: key, ifMatches: version)
    let rest = Int64(object.header.byteCount)..<stored.payload.length
    var options = WriteOptions(condition: .ifMatches(version), storageClass: stored.info.entry.storageClass)
    options.metadata = outside(ObjectMetadata(modified: stored.info.entry.modified, mode: stored.info.entry.mode))
    let capabilities = try await base.capabilities()
    if capabilities.multipart, capabilities.partCopy, Int64(rest.count) > 2 * Self.resent {
      do {
        try await inParts(head, rest, stored.payload, key, options, version)
        return .done
      } catch let error as StorageError where Self.isRefusal(error) {
        // Some services want parts of one size: what they do not take in parts they take whole.
      }
    }
    _ = try await base.write(Self.joined(head, rest, stored.payload), to: key, options)
    return .done
  }

  /// Whether the store would not have it in this form, rather than that it is somebody else's or cannot be reached.
  private static func isRefusal(_ error: StorageError) -> Bool {
    [.invalidArgument, .unsupported, .corrupted, .internalError].contains(error.code)
  }

  private func inParts(
    _ head: [UInt8], _ rest: Range<Int64>, _ payload: Payload, _ key: ObjectKey, _ options: WriteOptions, _ version: ObjectVersion
  ) async throws {
    _ = try await base.withMultipartWrite(key, options) { upload in
      var start = rest.lowerBound + Self.resent
      try await upload.write(part: 1, Self.joined(head, rest.lowerBound..<start, payload))
      var number = 2
      while start < rest.upperBound {
        // The last part may be short; one before it may not.
        let end = rest.upperBound - start < 2 * Self.copied ? rest.upperBound : start + Self.copied
        try await upload.copy(part: number, from: key, range: start..<end, ifMatches: version)
        (start, number) = (end, number + 1)
      }
    }
  }

  /// The head, and then a part of the payload.
  private static func joined(_ head: [UInt8], _ rest: Range<Int64>, _ payload: Payload) -> Payload {
    let border = Int64(head.count)
    return Payload(
      length: border + Int64(rest.count),
      makeSource: { range in
        let inHead = Int(min(range.lowerBound, border))..<Int(min(range.upperBound, border))
        let behind = max(range.lowerBound, border) - border..<max(range.upperBound, border) - border
        if behind.isEmpty { return MemorySource(head[inHead]) }
        let source = try payload.makeSource(rest.lowerBound + behind.lowerBound..<rest.lowerBound + behind.upperBound)
        return inHead.isEmpty ? source : JoinedSource(MemorySource(head[inHead]), source)
      }, verifyUnchanged: payload.verifyUnchanged)
  }
}

/// The bytes of a source that never pauses, and then those of another.
private final class JoinedSource: ByteSource, @unchecked Sendable {
  private let first: MemorySource
  private let second: any ByteSource
  private var isFirstOver = false

  init(_ first: MemorySource, _ second: any ByteSource) { (self.first, self.second) = (first, second) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    if !isFirstOver {
      if case .bytes(let count) = first.read(into: buffer) { return .bytes(count) }
      isFirstOver = true
    }
    return try second.read(into: buffer)
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { second.whenReady(resume) }
}
