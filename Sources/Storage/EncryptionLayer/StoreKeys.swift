import Age
import Concurrency
import Crypto
import ObjectStorage
import Primitives

/// The keys of one store: loaded once, made at the first write, and refused if they do not open what is there.
final class StoreKeys: Sendable {
  /// What works with the store's content.
  struct Opened: Sendable {
    let recipients: [Recipient]
    let identities: [Identity]
    /// Nil where names are stored as they are.
    let names: NameCipher?
  }

  private enum State {
    case unknown
    /// Nothing was ever written. `Opened` where the users' own keys are enough to read.
    case absent(Opened?)
    case stored(Opened)
  }

  static let key = ObjectKey(trusted: KeyObject.path)

  private let base: any ObjectStore
  private let options: EncryptionOptions
  private let state = Lock(State.unknown)
  private let loading = SingleFlight<Opened?>()
  private let making = SingleFlight<Opened>()

  init(_ base: any ObjectStore, _ options: EncryptionOptions) { (self.base, self.options) = (base, options) }

  private var failures: Failures { Failures(store: base.identity.displayName) }

  /// What was loaded last; nil before.
  var current: Opened? {
    state.withLock { state in
      switch state {
      case .unknown, .absent(nil): nil
      case .absent(let opened?), .stored(let opened): opened
      }
    }
  }

  /// The keys; nil where none are needed, since nothing was ever written. One small read, once.
  /// - Parameter again: look again if there was nothing: another machine may have begun.
  /// - Throws: `.unauthenticated` if the keys of the configuration do not open the store.
  func forReading(again: Bool = false) async throws -> Opened? {
    switch state.withLock({ $0 }) {
    case .stored(let opened): return opened
    case .absent(let opened) where !again: return opened
    default: return try await loading.run { try await self.load() }
    }
  }

  /// The keys, made if there are none yet.
  func forWriting() async throws -> Opened {
    if case .stored(let opened) = state.withLock({ $0 }) { return opened }
    return try await making.run { try await self.make() }
  }

  /// Encrypts the key object for the recipients of the options, unless it is for them already.
  func rewrap() async throws {
    guard case .keys(let recipients, _) = options.access, let (found, version) = try await keyObject() else { return }
    var object = found
    let fingerprint = ObjectRecord.fingerprint(of: recipients)
    if object.recipients == fingerprint { return }
    object.recipients = fingerprint
    try await replace(object, version, for: recipients)
  }

  /// Encrypts the key object of a store that a passphrase opens under another one. What it holds stays, so that nothing else changes.
  func changePassphrase(to new: SecretBytes) async throws {
    guard case .passphrase(_, let logN) = options.access else {
      throw failures(.invalidArgument, nil, "the store is opened by keys, not by a passphrase")
    }
    guard let (object, version) = try await keyObject() else {
      throw failures(.notFound, Self.key, "nothing was written to the store yet: it has no passphrase that could be changed")
    }
    try await replace(object, version, for: [.passphrase(new, logN: logN)])
  }

  /// The key object that is there, opened; nil if there is none.
  private func keyObject() async throws -> (KeyObject, ObjectVersion)? {
    guard try await forReading(again: true) != nil, case .stored = state.withLock({ $0 }) else { return nil }
    let sink = MemorySink(limit: KeyObject.maximumLength)
    let info = try await base.read(Self.key, ReadOptions(), into: sink).info
    return (try await decrypt(sink.bytes), info.entry.version)
  }

  private func replace(_ object: KeyObject, _ version: ObjectVersion, for recipients: [Recipient]) async throws {
    let sealed = try await seal(object, recipients)
    _ = try await base.write(.bytes(sealed), to: Self.key, WriteOptions(condition: .ifMatches(version)))
  }

  /// A passphrase takes its work factor.
  private func seal(_ object: KeyObject, _ recipients: [Recipient]) async throws -> [UInt8] {
    try await BlockingPool.shared.run {
      var text = object.encoded
      defer { text.withUnsafeMutableBytes { Wipe.bytes($0) } }
      return try SealedFile.encrypt(text, for: recipients)
    }
  }

  /// What is stored as the key object; nil if there is none.
  private func stored() async throws -> [UInt8]? {
    do {
      return try await base.readBytes(Self.key, limit: KeyObject.maximumLength)
    } catch let error as StorageError where error.code == .notFound {
      return nil
    } catch is BodyTooLong {
      throw failures(.corrupted, Self.key, "it is no key object: it is too long")
    }
  }

  private func load() async throws -> Opened? {
    if let bytes = try await stored() { return try await take(bytes) }
    if needsKeyObject, let found = try await StoreContent(base).firstObject() {
      // Who begins writes the keys before the first object: they may have come since we looked.
      if let bytes = try await stored() { return try await take(bytes) }
      throw failures(
        .corrupted, Self.key,
        "the store's key object is missing, but there are objects (“\(found)”): put it back from a copy, or choose an empty folder")
    }
    var own: Opened?
    if case .keys(let recipients, let identities) = options.access, options.names == .plain {
      own = Opened(recipients: recipients, identities: identities, names: nil)
    }
    let found = own
    return state.withLock { state in
      // Another task may have made the keys meanwhile.
      if case .stored(let opened) = state { return opened }
      state = .absent(found)
      return found
    }
  }

  private func take(_ bytes: [UInt8]) async throws -> Opened {
    let opened = try await open(bytes)
    state.withLock { $0 = .stored(opened) }
    return opened
  }

  private func open(_ bytes: [UInt8]) async throws -> Opened {
    let object = try await decrypt(bytes)
    guard object.names == options.names else {
      throw failures(
        .invalidArgument, nil, "the store was set up with names: \(object.names.rawValue), and that stays so for its whole life")
    }
    return try opened(object)
  }

  private func decrypt(_ bytes: [UInt8]) async throws -> KeyObject {
    let identities: [Identity] =
      switch options.access {
      case .keys(_, let identities): identities
      case .passphrase(let text, _): [.passphrase(text)]
      }
    do {
      // A passphrase takes its work factor.
      return try await BlockingPool.shared.run {
        var text = try FileDecryptor.decrypt(whole: bytes, identities)
        return try KeyObject(SecretBytes(taking: &text))
      }
    } catch let error as AgeError where error.code == .noMatch {
      let what =
        if case .passphrase = options.access { "the passphrase is wrong" } else { "none of the identities opens this store" }
      throw failures(
        .unauthenticated, Self.key, "\(what): nothing is read or written, since it would not fit what is there", cause: error)
    } catch let error as AgeError {
      throw failures(.corrupted, Self.key, "the store's key object cannot be read: \(error.message)", cause: error)
    }
  }

  private func opened(_ object: KeyObject) throws -> Opened {
    let names = options.names == .encrypted ? NameCipher(key: object.nameKey) : nil
    switch options.access {
    case .keys(let recipients, let identities):
      return Opened(recipients: recipients, identities: identities, names: names)
    case .passphrase:
      guard let identity = object.identity, let recipient = identity.recipient else {
        throw failures(.invalidArgument, nil, "the store was set up with keys, not with a passphrase")
      }
      return Opened(recipients: [recipient], identities: [identity], names: names)
    }
  }

  /// Whether nothing in the store can be read without its key object.
  private var needsKeyObject: Bool {
    if case .keys = options.access, options.names == .plain { false } else { true }
  }

  private func make() async throws -> Opened {
    if let opened = try await forReading(again: true), case .stored = state.withLock({ $0 }) { return opened }
    let recipients: [Recipient]
    var hasIdentity = false
    switch options.access {
    case .keys(let some, let identities):
      recipients = some
      if let other = try await StoreContent(base).firstObject(notFor: identities) {
        throw failures(
          .unauthenticated, other,
          "none of the identities opens this object, and the store's key object is missing: nothing is written, since it would not fit"
        )
      }
    case .passphrase(let text, let logN):
      recipients = [.passphrase(text, logN: logN)]
      hasIdentity = true
      // What was typed wrong now could never be typed again.
      if let confirm = options.confirm, try await !BlockingPool.shared.run(confirm).isEqual(to: text) {
        throw failures(.invalidArgument, nil, "the two passphrases differ: nothing was written")
      }
    }
    var object = KeyObject(names: options.names, hasIdentity: hasIdentity)
    if !hasIdentity { object.recipients = ObjectRecord.fingerprint(of: recipients) }
    let sealed = try await seal(object, recipients)
    let isEnforced = try await base.capabilities().ifAbsent == .enforced
    // Two machines may begin at once, and not every store lets only the first one through: there, the first look is as late as it can be,
    // and the last one after the other's write must have come. What is there then counts.
    if !isEnforced, let bytes = try await stored() { return try await take(bytes) }
    do {
      _ = try await base.write(.bytes(sealed), to: Self.key, WriteOptions(condition: .ifAbsent))
    } catch let error as StorageError where error.code == .alreadyExists {}
    if !isEnforced { try await Task.sleep(for: Self.settling) }
    guard let bytes = try await stored() else {
      throw failures(.internalError, Self.key, "the store's key object is not there after it was written")
    }
    return try await take(bytes)
  }

  /// How long a write may be under way that another machine began before it could see ours.
  private static let settling = Duration.seconds(1)
}
