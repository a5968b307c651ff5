/// A parsed JSON text, with what a careful reader wants to know about it.
public struct JSONDocument: Hashable, Sendable {
  /// A key that an object has more than once.
  public struct DuplicateKey: Hashable, Sendable {
    /// The key.
    public var key: String
    /// Where it stands again.
    public var place: TextPlace
  }

  /// The value.
  public var root: JSONValue
  /// Keys that came again within their object, in order; the last value counts.
  public var duplicateKeys: [DuplicateKey]

  /// Reads one JSON text: strictly RFC 8259, UTF-8 only, nothing after it but white space.
  ///
  /// Linear in the size. Lone surrogates, numbers beyond a double's range, invalid UTF-8 and more than 100 duplicate keys are
  /// errors.
  /// - Throws: `.malformed` or `.limitExceeded`, with line and column.
  public static func parse(_ bytes: UnsafeRawBufferPointer, limits: MarkupLimits = MarkupLimits()) throws(MarkupError)
    -> JSONDocument
  {
    try limits.check(bytes)
    var parser = JSONParser(bytes, limits: limits)
    return try parser.document()
  }

  /// Reads one JSON text.
  /// - Throws: `.malformed` or `.limitExceeded`, with line and column.
  public static func parse(_ bytes: [UInt8], limits: MarkupLimits = MarkupLimits()) throws(MarkupError) -> JSONDocument {
    try bytes.withUnsafeBufferPointer { buffer throws(MarkupError) in
      try parse(UnsafeRawBufferPointer(buffer), limits: limits)
    }
  }
}

extension JSONValue {
  /// Reads one JSON text; of duplicate keys the last counts (`JSONDocument` tells them).
  /// - Throws: `.malformed` or `.limitExceeded`, with line and column.
  public static func parse(_ bytes: [UInt8], limits: MarkupLimits = MarkupLimits()) throws(MarkupError) -> JSONValue {
    try JSONDocument.parse(bytes, limits: limits).root
  }
}
