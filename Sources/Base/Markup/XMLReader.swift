import CExpat

/// Reads XML as it comes in, in pieces of any size, and calls handlers for its elements: for listings, which are too large and too
/// many for a tree.
///
/// Namespace prefixes are cut off names. Document type declarations are refused, and with them every entity but the five built in.
/// Nothing is allocated per element. Used by one caller at a time; each document takes a new reader.
///
///     let reader = XMLReader(
///       start: { name, _ in if name == "Contents" { … } },
///       end: { name, text in if name == "Key" { key = text.bytes } })
///     try reader.feed(chunk)
///     try reader.finish()
public final class XMLReader {
  /// Called at a start tag. What it gets is valid during the call only.
  public typealias StartHandler = (_ name: XMLName, _ attributes: XMLAttributes) throws -> Void
  /// Called at an end tag with the text since the last tag: for an element without children, all its text. What it gets is valid
  /// during the call only.
  public typealias EndHandler = (_ name: XMLName, _ text: XMLText) throws -> Void

  private let parser: OpaquePointer
  private let limits: MarkupLimits
  private let start: StartHandler
  private let end: EndHandler
  /// For the tree builder: text that stood before a start tag.
  private let between: ((XMLText) throws -> Void)?

  private let text = TextBuffer()
  private var depth = 0
  private var byteCount = 0
  private var failure: (any Error)?
  private var isFinished = false

  /// A reader at the start of a document. The handlers may throw; `feed` then throws their error.
  public convenience init(limits: MarkupLimits = MarkupLimits(), start: @escaping StartHandler, end: @escaping EndHandler) {
    self.init(limits: limits, start: start, between: nil, end: end)
  }

  init(
    limits: MarkupLimits, start: @escaping StartHandler, between: ((XMLText) throws -> Void)?, end: @escaping EndHandler
  ) {
    guard let parser = XML_ParserCreate(nil) else { fatalError("out of memory") }
    self.parser = parser
    self.limits = limits
    self.start = start
    self.end = end
    self.between = between
    // Unretained: the parser lives no longer than the reader, and calls back only from within `feed`.
    XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    XML_SetElementHandler(
      parser,
      { user, name, attributes in
        guard let user, let name, let attributes else { return }
        XMLReader.with(user) { $0.startElement(XMLName(name), attributes) }
      },
      { user, name in
        guard let user, let name else { return }
        XMLReader.with(user) { $0.endElement(XMLName(name)) }
      })
    XML_SetCharacterDataHandler(parser) { user, characters, count in
      guard let user, let characters else { return }
      XMLReader.with(user) { $0.characters(UnsafeRawBufferPointer(start: characters, count: Int(count))) }
    }
    XML_SetStartDoctypeDeclHandler(parser) { user, _, _, _, _ in
      guard let user else { return }
      XMLReader.with(user) { reader in
        reader.fail(MarkupError(.forbidden, "a document type declaration is not accepted", at: reader.place))
      }
    }
  }

  deinit { XML_ParserFree(parser) }

  /// The reader that called the parser: `feed` keeps it alive, and counting references would cost a fifth of the reading.
  @inline(__always)
  private static func with(_ user: UnsafeMutableRawPointer, _ body: (XMLReader) -> Void) {
    Unmanaged<XMLReader>.fromOpaque(user)._withUnsafeGuaranteedRef(body)
  }

  /// Takes the next bytes of the document.
  /// - Throws: `MarkupError` with line and column, or what a handler threw. After an error every further call throws it again.
  public func feed(_ bytes: UnsafeRawBufferPointer) throws {
    precondition(!isFinished, "a finished XMLReader takes no more bytes")
    if let failure { throw failure }
    byteCount += bytes.count
    if byteCount > limits.byteCount {
      let error = MarkupError(.limitExceeded, "larger than \(limits.byteCount) bytes", at: place)
      failure = error
      throw error
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      try parse(piece, isLast: false)
      rest = rest.dropFirst(piece.count)
    }
  }

  /// Takes the next bytes of the document.
  public func feed(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try feed($0) } }

  /// Says that the document has ended.
  /// - Throws: if it is not complete, or failed before.
  public func finish() throws {
    if let failure { throw failure }
    precondition(!isFinished, "an XMLReader is finished once")
    try parse(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true)
    isFinished = true
  }

  private var place: TextPlace {
    TextPlace(line: Int(XML_GetCurrentLineNumber(parser)), column: Int(XML_GetCurrentColumnNumber(parser)) + 1)
  }

  private func parse(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws {
    let status = XML_Parse(parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), isLast ? 1 : 0)
    if failure == nil && status != XML_STATUS_OK {
      let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "not XML"
      failure = MarkupError(.malformed, reason, at: place)
    }
    if let failure { throw failure }
  }

  private func fail(_ error: any Error) {
    guard failure == nil else { return }
    failure = error
    XML_StopParser(parser, 0)
  }

  private func startElement(_ name: XMLName, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>) {
    guard failure == nil else { return }
    depth += 1
    if depth > limits.depth { return fail(MarkupError(.limitExceeded, limits.tooDeep, at: place)) }
    do {
      if let between { try between(XMLText(text.bytes)) }
      text.clear()
      try start(name, XMLAttributes(attributes))
    } catch {
      fail(error)
    }
  }

  private func endElement(_ name: XMLName) {
    guard failure == nil else { return }
    depth -= 1
    do {
      try end(name, XMLText(text.bytes))
      text.clear()
    } catch {
      fail(error)
    }
  }

  private func characters(_ bytes: UnsafeRawBufferPointer) {
    if failure == nil { text.append(bytes) }
  }
}

/// The text since the last tag: a plain growing buffer, since this is written to several times per element and an array in a class
/// costs a check of exclusive access and of uniqueness each time.
private struct TextBuffer: ~Copyable {
  private struct State {
    var start: UnsafeMutableRawPointer
    var count: Int
    var capacity: Int
  }

  private let state: UnsafeMutablePointer<State>

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: State(start: .allocate(byteCount: 1024, alignment: 16), count: 0, capacity: 1024))
  }

  deinit {
    state.pointee.start.deallocate()
    state.deallocate()
  }

  /// Valid until the next call.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: state.pointee.start, count: state.pointee.count) }

  func clear() { state.pointee.count = 0 }

  func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    let needed = state.pointee.count + bytes.count
    if needed > state.pointee.capacity { grow(needed) }
    (state.pointee.start + state.pointee.count).copyMemory(from: source, byteCount: bytes.count)
    state.pointee.count = needed
  }

  private func grow(_ needed: Int) {
    let capacity = max(needed, 2 * state.pointee.capacity)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
    larger.copyMemory(from: state.pointee.start, byteCount: state.pointee.count)
    state.pointee.start.deallocate()
    state.pointee.start = larger
    state.pointee.capacity = capacity
  }
}
