import Markup

/// Nothing that comes in makes the parser crash, and what it takes survives being written and read again.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  do {
    let document = try JSONDocument.parse(bytes, limits: MarkupLimits(byteCount: 1 << 20, depth: 64))
    for layout in [JSONWriter.Layout.compact, .pretty] {
      let again = try? JSONDocument.parse(document.root.bytes(layout))
      precondition(again?.root == document.root, "a value does not survive writing")
      precondition(again?.duplicateKeys.isEmpty == true, "a key is written twice")
    }
  } catch {
    precondition(error.place != nil, "an error without its place")
  }
  return 0
}
