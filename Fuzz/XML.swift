import Markup

/// Nothing that comes in makes the reader crash, and what it finds does not depend on how the bytes are cut.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  let whole = events(bytes, piece: max(1, count))
  let cut = events(bytes, piece: 3)
  precondition(whole == cut, "the pieces' size changes what is read")
  let tree = try? XMLDocument.parse(bytes)
  precondition((tree != nil) == (whole != nil), "tree and events disagree on what is well formed")
  return 0
}

/// Everything the handlers get; nil if the document is refused.
private func events(_ bytes: UnsafeRawBufferPointer, piece: Int) -> [UInt8]? {
  var found: [UInt8] = []
  let reader = XMLReader(
    limits: MarkupLimits(byteCount: 1 << 20, depth: 32),
    start: { name, attributes in
      found.append(UInt8(ascii: "<"))
      found += name.string.utf8
      attributes.forEach { name, value in
        found += name.string.utf8
        found.append(UInt8(ascii: "="))
        found += value.utf8
      }
      _ = attributes["id"]
    },
    end: { name, text in
      precondition(String(validating: text.unsafeBytes, as: UTF8.self) != nil, "text that is not UTF-8")
      found.append(UInt8(ascii: "/"))
      found += name.string.utf8
      found += text.bytes
      _ = text.integer
    })
  do {
    var rest = bytes[...]
    while !rest.isEmpty {
      try reader.feed(UnsafeRawBufferPointer(rebasing: rest.prefix(piece)))
      rest = rest.dropFirst(piece)
    }
    try reader.finish()
    return found
  } catch {
    precondition(error is MarkupError)
    return nil
  }
}
