import Markup

/// Nothing that comes in makes the parser crash, and every node can say where it stands.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  do {
    visit(try YAMLNode.parse(bytes, limits: MarkupLimits(byteCount: 1 << 20, depth: 32)))
  } catch {
    precondition(error.place != nil, "an error without its place")
    precondition(!error.description.utf8.contains { $0 < 0x20 }, "a message with control characters")
  }
  return 0
}

private func visit(_ node: YAMLNode) {
  precondition(node.place.line >= 1 && node.place.column >= 1)
  precondition(!node.error("x").description.utf8.contains { $0 < 0x20 }, "a message with control characters")
  _ = try? node.string()
  _ = try? node.integer()
  _ = try? node.boolean()
  if case .mapping(let entries) = node.content {
    for entry in entries {
      precondition(node[entry.key] != nil, "a key that cannot be looked up")
      visit(entry.value)
    }
  }
  if case .sequence(let elements) = node.content { elements.forEach(visit) }
}
