public import Crypto
import Primitives

/// Files of keys, one a line, as age reads them: empty lines and lines that begin with `#` say nothing.
public enum KeyFile {
  /// The longest file of keys that is read, in bytes.
  public static let maximumLength = 1 << 20

  /// The identities of a file, at least one. A file that is an OpenSSH key is one identity.
  /// - Throws: `AgeError` with the number of the line, and never its text.
  public static func identities(_ file: SecretBytes) throws -> [Identity] {
    try file.withBytes { bytes in
      if bytes.starts(with: SSHSecretKey.begin.utf8) { return [Identity(.ssh(try SSHSecretKey(file: bytes)))] }
      if bytes.starts(with: Header.family) || bytes.starts(with: Armor.begin.utf8) {
        throw AgeError(.unsupported, "the file of identities is encrypted itself: decrypt it first (age -d)")
      }
      let identities = try lines(bytes, "identities") { line in try Identity(UnsafeRawBufferPointer(rebasing: line)) }
      if identities.isEmpty { throw AgeError(.key, "there is no identity in the file") }
      return identities
    }
  }

  /// The recipients of a file, at least one.
  /// - Throws: `AgeError` with the number of the line.
  public static func recipients(_ file: [UInt8]) throws -> [Recipient] {
    try file.withUnsafeBytes { bytes in
      let recipients = try lines(bytes, "recipients") { line in try Recipient(String(decoding: line, as: UTF8.self)) }
      if recipients.isEmpty { throw AgeError(.key, "there is no recipient in the file") }
      return recipients
    }
  }

  /// A file of one identity, with its recipient in a comment, as `age-keygen` writes it.
  /// - Parameter created: when, as text; left out if nil.
  public static func encode(_ identity: Identity, created: String?) -> SecretBytes? {
    guard let text = identity.text, let recipient = identity.recipient else { return nil }
    let head = (created.map { "# created: \($0)\n" } ?? "") + "# public key: \(recipient)\n"
    return SecretBytes(count: head.utf8.count + text.count + 1) { out in
      out.copyBytes(from: Array(head.utf8))
      text.withBytes { out[head.utf8.count...].copyBytes(from: $0) }
      out[out.count - 1] = UInt8(ascii: "\n")
    }
  }

  private static func lines<T>(
    _ bytes: UnsafeRawBufferPointer, _ what: String, _ read: (Slice<UnsafeRawBufferPointer>) throws -> T
  ) throws -> [T] {
    guard bytes.count <= maximumLength else { throw AgeError(.key, "the file of \(what) is longer than \(maximumLength) bytes") }
    var found: [T] = []
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      do { found.append(try read(line)) } catch let error as AgeError {
        throw AgeError(error.code, "line \(number + 1) of the file of \(what): \(error.message)")
      }
    }
    return found
  }
}
