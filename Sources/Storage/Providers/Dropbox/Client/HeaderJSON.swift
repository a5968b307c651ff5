import Markup

/// JSON in a header: ASCII only, everything else as `\u` escapes (Dropbox, "JSON encoding").
enum HeaderJSON {
  static func text(_ value: JSONValue) -> String {
    var result = ""
    for scalar in String(decoding: value.bytes(), as: UTF8.self).unicodeScalars {
      if scalar.value < 0x7F {
        result.unicodeScalars.append(scalar)
      } else {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
      }
    }
    return result
  }
}
