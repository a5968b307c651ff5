import ObjectStorage
import Primitives

/// Which names the service has.
enum DropboxNames {
  /// No backslash and no DEL; no space at the end (which the service drops) and no dot (which it keeps, but its programs on Windows do
  /// not); `A` and `a` are one name, shown as it was first written; every name is brought to Form C.
  static let rules = NameRules(
    isUTF8: true, forbidden: [UInt8(ascii: "\\"), 0x7F], trimsEnds: true, foldsCase: true, isComposed: true)

  /// Why the service cannot have an object of this name; nil if it can.
  static func problem(_ key: ObjectKey) -> String? {
    guard rules.allow(key) else {
      return "Dropbox keeps names in UTF-8, composed (NFC), without backslashes, and without a space or dot at the end"
    }
    // Its bytes are valid UTF-8; only a long name is worth the count.
    for name in key.withoutSlash.split(separator: UInt8(ascii: "/"))
    where name.count > DropboxLimits.nameLength
      && String(decoding: name, as: UTF8.self).utf16.count > DropboxLimits.nameLength
    {
      return "a name is longer than the \(DropboxLimits.nameLength) characters that Dropbox keeps"
    }
    return nil
  }
}
