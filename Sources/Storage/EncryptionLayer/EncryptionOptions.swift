public import Age
public import Crypto
import ObjectStorage

/// How a store is encrypted: for whom, and what of its names can be seen.
public struct EncryptionOptions: Sendable {
  /// What opens the store.
  public enum Access: Sendable {
    /// Everything is encrypted for these recipients, and read with these identities.
    case keys(recipients: [Recipient], identities: [Identity])
    /// Everything is encrypted for a key that lies in the store, under this passphrase; `logN` is how much work that takes.
    case passphrase(SecretBytes, logN: Int = 18)
  }

  /// What of an object's name is stored.
  public enum Names: String, Sendable, CaseIterable {
    /// The name as it is.
    case plain
    /// Each part of the name encrypted: equal parts look equal, and their length can be guessed.
    case encrypted
  }

  /// What opens the store.
  public var access: Access
  /// What of an object's name is stored; the same for the store's whole life.
  public var names: Names
  /// Where a listing of encrypted names is put in order when it is too long for memory: files of plain names, removed from their folder
  /// as soon as they are open.
  public var spoolFolder: [UInt8]
  /// Bytes of memory that putting a listing in order may take.
  public var sortMemory: Int

  /// Whether nobody named recipients, so that those of all identities are taken.
  public let impliesRecipients: Bool
  /// Asks for the passphrase once more, before a new store is set up with it; blocks. Nil where it was not typed in.
  public var confirm: (@Sendable () throws -> SecretBytes)?

  /// Options. Recipients may be left out: then those of the identities are taken.
  /// - Throws: `StorageError` `.invalidArgument` where nothing could ever be read back: there is no identity, or none that is among
  ///   the recipients.
  public init(
    access: Access, names: Names = .plain, spoolFolder: [UInt8] = Array("/tmp".utf8), sortMemory: Int = 32 << 20
  ) throws {
    func refused(_ message: String) -> StorageError { StorageError(.invalidArgument, store: "encryption", message: message) }
    self.access = access
    self.names = names
    self.spoolFolder = spoolFolder
    self.sortMemory = sortMemory
    guard case .keys(var recipients, let identities) = access else {
      impliesRecipients = false
      return
    }
    impliesRecipients = recipients.isEmpty
    let own = identities.compactMap(\.recipient)
    if own.isEmpty { throw refused("an encrypted store needs an identity: without one nothing could be read back") }
    if recipients.isEmpty { recipients = own }
    if recipients.contains(where: \.isPassphrase) { throw refused("a passphrase is set as such, not as a recipient") }
    guard own.contains(where: recipients.contains) else {
      throw refused("none of the recipients belongs to the identity: what is written could not be read back")
    }
    self.access = .keys(recipients: recipients, identities: identities)
  }
}
