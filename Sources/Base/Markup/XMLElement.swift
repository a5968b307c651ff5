/// An element of a small document: an error answer, a bucket's configuration.
public struct XMLElement: Hashable, Sendable {
  /// An attribute; declarations of namespaces are among them.
  public struct Attribute: Hashable, Sendable {
    /// The name without its prefix.
    public var name: String
    /// The value, references resolved.
    public var value: String
  }

  /// The name without its prefix.
  public var name: String
  /// The attributes, in order.
  public var attributes: [Attribute]
  /// The elements directly inside, in order.
  public var children: [XMLElement]
  /// All text directly inside, joined; valid UTF-8.
  public var text: [UInt8]

  /// The text as a string. Not for names and keys, which are bytes.
  public var string: String { String(decoding: text, as: UTF8.self) }

  /// The first child called `name`.
  public func child(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// All children called `name`, in order.
  public func children(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

  /// The first element found by going down `path`, child by child.
  public func element(at path: String...) -> XMLElement? {
    var element = self
    for name in path {
      guard let next = element.child(name) else { return nil }
      element = next
    }
    return element
  }

  /// The value of the attribute `name`.
  public func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
}

/// Reads small XML documents into trees. For listings use `XMLReader`.
public enum XMLDocument {
  /// The root element of `bytes`. The same refusals as `XMLReader`.
  /// - Throws: `MarkupError`: not well formed, a document type declaration, too large or too deep; with line and column.
  public static func parse(
    _ bytes: UnsafeRawBufferPointer, limits: MarkupLimits = MarkupLimits(byteCount: 4 << 20)
  ) throws(MarkupError) -> XMLElement {
    let builder = Builder()
    let reader = XMLReader(
      limits: limits,
      start: { name, attributes in builder.start(name, attributes) },
      between: { text in builder.text(text) },
      end: { _, text in
        builder.text(text)
        builder.end()
      })
    do {
      try reader.feed(bytes)
      try reader.finish()
    } catch let error as MarkupError {
      throw error
    } catch {
      preconditionFailure("the builder does not throw")
    }
    guard let root = builder.root else { throw MarkupError(.malformed, "no element") }
    return root
  }

  /// The root element of `bytes`.
  public static func parse(_ bytes: [UInt8], limits: MarkupLimits = MarkupLimits(byteCount: 4 << 20)) throws(MarkupError)
    -> XMLElement
  {
    try bytes.withUnsafeBufferPointer { buffer throws(MarkupError) in
      try parse(UnsafeRawBufferPointer(buffer), limits: limits)
    }
  }

  private final class Builder {
    private var open: [XMLElement] = []
    private(set) var root: XMLElement?

    func start(_ name: XMLName, _ attributes: XMLAttributes) {
      var element = XMLElement(name: name.string, attributes: [], children: [], text: [])
      attributes.forEach { element.attributes.append(XMLElement.Attribute(name: $0.string, value: $1)) }
      open.append(element)
    }

    func text(_ text: XMLText) {
      if !text.isEmpty && !open.isEmpty { open[open.count - 1].text.append(contentsOf: text.unsafeBytes) }
    }

    func end() {
      guard let element = open.popLast() else { return }
      if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }
  }
}
