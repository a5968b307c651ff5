import Primitives

/// What containers, blobs and metadata may be called ("Naming and referencing containers, blobs, and metadata").
enum AzureNames {
  /// 3 to 63 lower-case letters, digits and single hyphens, or one of the service's own.
  static func container(_ text: Substring) throws(AzureFault) -> String {
    guard let decoded = PercentEncoding.decode(text.utf8), let name = String(validating: decoded, as: UTF8.self) else {
      throw .invalidURI
    }
    if ["$root", "$web", "$logs"].contains(name) { return name }
    guard (3...63).contains(name.utf8.count) else { throw .outOfRangeInput }
    var last = UInt8(ascii: "-")
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
      case UInt8(ascii: "-") where last != UInt8(ascii: "-"): break
      default: throw .invalidResourceName
      }
      last = byte
    }
    guard last != UInt8(ascii: "-") else { throw .invalidResourceName }
    return name
  }

  /// 1 to 1,024 characters in at most 254 segments.
  ///
  /// Control characters are not allowed. Backslashes, and segments that end in a dot (`.` and `..` among them), the service changes or
  /// resolves before it looks; its reference says not to use them. They are refused here, so that a client that does is noticed.
  static func blob(_ text: Substring) throws(AzureFault) -> [UInt8] {
    guard let name = PercentEncoding.decode(text.utf8), let characters = String(validating: name, as: UTF8.self) else {
      throw .invalidURI
    }
    guard characters.utf16.count <= 1024 else { throw .outOfRangeInput }
    for scalar in characters.unicodeScalars {
      let value = scalar.value
      guard value >= 0x20, !(0x7F...0x9F).contains(value), value != 0x5C else { throw .invalidURI }
    }
    let segments = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard segments.count <= 254 else { throw .outOfRangeInput }
    guard !segments.contains(where: { $0.last == UInt8(ascii: ".") }) else { throw .invalidURI }
    return name
  }

  /// A C# identifier, as far as header names can be one.
  static func isMetadataName(_ name: Substring) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}
