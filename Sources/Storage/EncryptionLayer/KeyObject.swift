import Age
import Crypto
import Primitives

/// What the one object that belongs to the layer holds, `.isobar/encryption`: an age file whose content is a file of keys.
///
///     # Isobar: encrypted store v1
///     # names: encrypted
///     # name-key: <64 bytes, Base64>
///     # recipients: <for which set it is, 16 bytes, Base64>
///     AGE-SECRET-KEY-1…
///
/// The last line is there where a passphrase opens the store, the one before it where it does not. So `age -d` gives a file that `age -d -i` takes.
struct KeyObject: Sendable {
  static let path = Array(".isobar/encryption".utf8)
  /// The longest that is read, in bytes.
  static let maximumLength = 64 << 10
  private static let first = "# Isobar: encrypted store v1"

  var names: EncryptionOptions.Names
  var nameKey: SecretBytes
  /// The store's own identity; nil where the users' are used.
  var identity: Identity?
  /// For whom it is encrypted: `ObjectRecord.fingerprint(of:)`. Nil where that is a passphrase.
  var recipients: [UInt8]?

  /// New keys.
  init(names: EncryptionOptions.Names, hasIdentity: Bool) {
    self.names = names
    nameKey = .random(AESSIV.keySize)
    identity = hasIdentity ? .generate() : nil
  }

  /// Text that goes into an age file and nowhere else. It holds the keys: wipe it.
  var encoded: [UInt8] {
    var text: [UInt8] = []
    // Never moved while it grows: what it leaves behind could not be wiped.
    text.reserveCapacity(1024)
    text += "\(Self.first)\n# Keep a copy in a safe place.\n# names: \(names.rawValue)\n".utf8
    if let recipients { text += "# recipients: \(Base64.encode(recipients))\n".utf8 }
    text += "# name-key: ".utf8
    nameKey.withBytes { text += Base64.encode($0).utf8 }
    text += "\n".utf8
    if let key = identity?.text {
      key.withBytes { text += $0 }
      text += "\n".utf8
    }
    return text
  }

  /// - Throws: `AgeError` `.key`.
  init(_ text: SecretBytes) throws {
    self = try text.withBytes { try KeyObject(text, $0.split(separator: UInt8(ascii: "\n"))) }
  }

  private init(_ text: SecretBytes, _ lines: [Slice<UnsafeRawBufferPointer>]) throws {
    guard let first = lines.first, first.elementsEqual(Self.first.utf8) else {
      throw AgeError(.key, "it was written by a version that is not known here")
    }
    func value(_ name: String) -> String? {
      lines.first { $0.starts(with: "# \(name): ".utf8) }.map { String(decoding: $0.dropFirst(name.utf8.count + 4), as: UTF8.self) }
    }
    guard let names = value("names").flatMap(EncryptionOptions.Names.init(rawValue:)),
      var key = value("name-key").flatMap(Base64.decode), key.count == AESSIV.keySize
    else { throw AgeError(.key, "it is malformed") }
    self.names = names
    nameKey = SecretBytes(taking: &key)
    recipients = value("recipients").flatMap(Base64.decode)
    let hasIdentity = lines.contains { $0.first != UInt8(ascii: "#") }
    identity = hasIdentity ? try KeyFile.identities(text).first : nil
  }
}
