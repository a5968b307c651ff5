import ObjectStorage
import Primitives

/// Which names the service has.
enum DropboxNames {
  /// No backslash and no DEL; no space at the end; `A` and `a` are one name, shown as it was first written; every name is brought to
  /// Form C. Only what the service cannot have: what it has must be called by its own name.
  static let rules = NameRules(
    isUTF8: true, forbidden: [UInt8(ascii: "\\"), 0x7F], trimsSpaces: true, foldsCase: true, isComposed: true)

  /// Bytes of the longest name: its characters, each of three bytes.
  static let longest = DropboxLimits.nameLength * 3

  /// Whether what the service found is what was asked for: it folds case, and may bring a name into a form of its own.
  static func isSame(_ found: [UInt8], _ asked: ArraySlice<UInt8>) -> Bool {
    if found.elementsEqual(asked) { return true }
    return String(decoding: found, as: UTF8.self).lowercased().utf8
      .elementsEqual(String(decoding: asked, as: UTF8.self).lowercased().utf8)
  }

  /// Why the service cannot have an object of this name; nil if it can.
  static func problem(_ key: ObjectKey) -> String? {
    guard rules.allow(key) else {
      return "Dropbox keeps names in UTF-8, composed (NFC), without backslashes, and without a space at the end"
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
