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

  /// Encrypts the key object for the recipients of the options.
  func rewrap() async throws {
    guard case .keys(let recipients, _) = options.access, try await forReading(again: true) != nil,
      case .stored = state.withLock({ $0 })
    else { return }
    let sink = MemorySink(limit: KeyObject.maximumLength)
    let info = try await base.read(Self.key, ReadOptions(), into: sink).info
    let object = try await decrypt(sink.bytes)
    let sealed = try SealedFile.encrypt(object.encoded, for: recipients)
    _ = try await base.write(.bytes(sealed), to: Self.key, WriteOptions(condition: .ifMatches(info.entry.version)))
  }

  private func load() async throws -> Opened? {
    let bytes: [UInt8]
    do {
      bytes = try await base.readBytes(Self.key, limit: KeyObject.maximumLength)
    } catch let error as StorageError where error.code == .notFound {
      try await checkEmpty()
      var own: Opened?
      if case .keys(let recipients, let identities) = options.access, options.names == .plain {
        own = Opened(recipients: recipients, identities: identities, names: nil)
      }
      let found = own
      state.withLock { $0 = .absent(found) }
      return own
    } catch is BodyTooLong {
      throw failures(.corrupted, Self.key, "it is no key object: it is too long")
    }
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
      let text = try await BlockingPool.shared.run { try FileDecryptor.decrypt(whole: bytes, identities) }
      return try KeyObject(text)
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

  /// What was encrypted with keys that are gone must not be taken for an empty store.
  private func checkEmpty() async throws {
    if case .keys = options.access, options.names == .plain { return }
    let listing = base.list(.all, ListOptions(pageSize: 100))
    while let page = try await listing.next() {
      if let found = page.entries.first(where: { !$0.key.bytes.starts(with: ".isobar/".utf8) }) {
        throw failures(
          .corrupted, Self.key,
          "the store's key object is missing, but there are objects (“\(found.key)”): put it back from a copy, or choose an empty folder"
        )
      }
    }
  }

  private func make() async throws -> Opened {
    if let opened = try await forReading(again: true), case .stored = state.withLock({ $0 }) { return opened }
    let recipients: [Recipient]
    var hasIdentity = false
    switch options.access {
    case .keys(let some, _): recipients = some
    case .passphrase(let text, let logN):
      recipients = [.passphrase(text, logN: logN)]
      hasIdentity = true
    }
    let object = KeyObject(names: options.names, hasIdentity: hasIdentity)
    let sealed = try await BlockingPool.shared.run { try SealedFile.encrypt(object.encoded, for: recipients) }
    do {
      _ = try await base.write(.bytes(sealed), to: Self.key, WriteOptions(condition: .ifAbsent))
    } catch let error as StorageError where error.code == .alreadyExists {}
    // Two machines may have begun at once, and not every store lets only the first one through: what is there now counts.
    guard let opened = try await load(), case .stored = state.withLock({ $0 }) else {
      throw failures(.internalError, Self.key, "the store's key object is not there after it was written")
    }
    return opened
  }
}
