import Markup
import Primitives

/// The body of an answer in XML. Element names are the service's own, or metadata names, which are identifiers.
struct AzureXML {
  private(set) var bytes: [UInt8] = Array("<?xml version=\"1.0\" encoding=\"utf-8\"?>".utf8)

  /// What `content` writes, inside an element.
  mutating func element(_ name: String, _ attributes: [(String, String)] = [], _ content: (inout AzureXML) -> Void) {
    start(name, attributes)
    content(&self)
    bytes += Array("</\(name)>".utf8)
  }

  /// An element of text; an empty one without it.
  mutating func element(_ name: String, _ text: String?) {
    guard let text, !text.isEmpty else {
      bytes += Array("<\(name) />".utf8)
      return
    }
    start(name, [])
    escape(text.utf8)
    bytes += Array("</\(name)>".utf8)
  }

  /// A name of a blob, or a part of one. What cannot stand in XML makes it percent-encoded, and says so.
  mutating func name(_ element: String, _ name: [UInt8]) {
    if name.isEmpty {
      self.element(element, "")
    } else if XMLWriter.canRepresent(name) {
      start(element, [])
      escape(name)
      bytes += Array("</\(element)>".utf8)
    } else {
      start(element, [("Encoded", "true")])
      bytes += Array(PercentEncoding.encode(name, keepSlash: true).utf8)
      bytes += Array("</\(element)>".utf8)
    }
  }

  private mutating func start(_ name: String, _ attributes: [(String, String)]) {
    bytes += Array("<\(name)".utf8)
    for (name, value) in attributes {
      bytes += Array(" \(name)=\"".utf8)
      escape(value.utf8)
      bytes.append(UInt8(ascii: "\""))
    }
    bytes.append(UInt8(ascii: ">"))
  }

  private mutating func escape(_ text: some Sequence<UInt8>) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "&"): bytes += Array("&amp;".utf8)
      case UInt8(ascii: "<"): bytes += Array("&lt;".utf8)
      case UInt8(ascii: ">"): bytes += Array("&gt;".utf8)
      case UInt8(ascii: "\""): bytes += Array("&quot;".utf8)
      case 0x0D: bytes += Array("&#xD;".utf8)
      // What came in a request's own header or name and cannot stand in XML at all.
      case 0..<0x09, 0x0B, 0x0C, 0x0E..<0x20: bytes.append(UInt8(ascii: "?"))
      default: bytes.append(byte)
      }
    }
  }
}
