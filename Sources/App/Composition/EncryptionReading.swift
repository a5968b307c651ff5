import Age
public import Configuration
import Crypto
import EncryptionLayer
import ObjectStorage
import Primitives

/// Reads the settings of an encrypted store.
struct EncryptionReading {
  let store: StoreSettings
  let environment: [String: String]

  /// Reads the files and runs the commands that keys are kept in: blocks.
  /// - Throws: `ConfigurationError`.
  func options() throws -> EncryptionOptions {
    if let why = EncryptionCiphers.whyUnavailable { throw problem("type", why) }
    let names = store.values.text("names").flatMap(EncryptionOptions.Names.init) ?? .plain
    let temporary = environment["TMPDIR"].flatMap { $0.isEmpty ? nil : Array($0.utf8) } ?? Array("/tmp".utf8)
    do {
      var options = try EncryptionOptions(access: access(), names: names, spoolFolder: temporary)
      if let passphrase = store.values.secret("passphrase"), passphrase.isTyped {
        options.confirm = {
          var bytes = Array(try passphrase.resolve(again: true).reveal().utf8)
          return SecretBytes(taking: &bytes)
        }
      }
      return options
    } catch let error as StorageError { throw problem("identity", error.message) }
  }

  private func access() throws -> EncryptionOptions.Access {
    if let passphrase = store.values.secret("passphrase") { return .passphrase(try secret(passphrase)) }
    guard let reference = store.values.secret("identity") else {
      throw problem("identity", "is missing: what is written could not be read back")
    }
    let identities = try parsing("identity") { try KeyFile.identities(try secret(reference)) }
    let recipients = try (store.values.list("recipients") ?? []).map { text in try parsing("recipients") { try Recipient(text) } }
    return .keys(recipients: recipients, identities: identities)
  }

  private func secret(_ reference: SecretReference) throws -> SecretBytes {
    var bytes = Array(try reference.resolve().reveal().utf8)
    return SecretBytes(taking: &bytes)
  }

  private func parsing<T>(_ name: String, _ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as AgeError { throw problem(name, error.message) }
  }

  private func problem(_ name: String, _ message: String) -> ConfigurationError {
    ConfigurationError(store.values.origin(of: name), "stores.\(store.name).\(name)", message)
  }
}

/// For whom a configured store is encrypted.
public struct EncryptionSummary: Hashable, Sendable {
  /// The recipients as age spells them; none where a passphrase opens the store.
  public let recipients: [String]
  /// Whether names are encrypted, too.
  public let hidesNames: Bool
}

extension PlaceResolver {
  func encryption(of store: StoreSettings) throws -> EncryptionOptions {
    try EncryptionReading(store: store, environment: settings.environment).options()
  }

  /// How a configured store is encrypted. Reads the files and runs the commands that keys are kept in: blocks.
  /// - Throws: `ConfigurationError` for keys that cannot be had or used.
  public func encryptionSummary(of store: StoreSettings) throws -> EncryptionSummary {
    let options = try encryption(of: store)
    var recipients: [String] = []
    if case .keys(let some, _) = options.access { recipients = some.map(\.description) }
    return EncryptionSummary(recipients: recipients, hidesNames: options.names == .encrypted)
  }
}
