import CYAML

extension YAMLNode {
  /// Reads one YAML document (libyaml: YAML 1.1 with most of 1.2).
  ///
  /// Refused: aliases and anchors (an alias of aliases grows without bound), tags, a second document, keys that are not scalars, a
  /// key twice in a mapping. An empty file is nothing (`isNull`).
  /// - Throws: `MarkupError` with line and column.
  public static func parse(
    _ bytes: [UInt8], limits: MarkupLimits = MarkupLimits(byteCount: 4 << 20)
  ) throws(MarkupError) -> YAMLNode {
    try bytes.withUnsafeBufferPointer { buffer throws(MarkupError) in
      try limits.check(UnsafeRawBufferPointer(buffer))
      let events = YAMLEvents(UnsafeRawBufferPointer(buffer))
      return try YAMLTreeBuilder(events: events, limits: limits).document()
    }
  }
}

/// Makes a tree of libyaml's events.
private struct YAMLTreeBuilder {
  let events: YAMLEvents
  let limits: MarkupLimits

  func document() throws(MarkupError) -> YAMLNode {
    try events.next()  // the stream's start
    try events.next()
    if events.type == YAML_STREAM_END_EVENT {
      return YAMLNode(content: .scalar(.init(text: "", style: .plain)), place: TextPlace(line: 1, column: 1), path: .top)
    }
    try events.next()
    let root = try node(path: .top, depth: 0)
    try events.next()  // the document's end
    try events.next()
    if events.type != YAML_STREAM_END_EVENT {
      throw MarkupError(.forbidden, "a second document in one file is not accepted", at: events.place)
    }
    return root
  }

  /// The node that the current event begins; afterwards its last event is the current one.
  private func node(path: YAMLPath, depth: Int) throws(MarkupError) -> YAMLNode {
    let place = events.place
    if depth > limits.depth { throw MarkupError(.limitExceeded, limits.tooDeep, at: place) }
    try events.refuseExtras()
    switch events.type {
    case YAML_SCALAR_EVENT: return YAMLNode(content: .scalar(try events.scalar()), place: place, path: path)
    case YAML_SEQUENCE_START_EVENT:
      var elements: [YAMLNode] = []
      try events.next()
      while events.type != YAML_SEQUENCE_END_EVENT {
        elements.append(try node(path: .index(elements.count, in: path), depth: depth + 1))
        try events.next()
      }
      return YAMLNode(content: .sequence(elements), place: place, path: path)
    case YAML_MAPPING_START_EVENT:
      return YAMLNode(content: .mapping(try entries(in: path, depth: depth)), place: place, path: path)
    default: throw MarkupError(.malformed, "a value was expected", at: place)
    }
  }

  private func entries(in mapping: YAMLPath, depth: Int) throws(MarkupError) -> [YAMLNode.Entry] {
    var entries: [YAMLNode.Entry] = []
    var seen: [[UInt8]: TextPlace] = [:]
    try events.next()
    while events.type != YAML_MAPPING_END_EVENT {
      let keyPlace = events.place
      try events.refuseExtras()
      guard events.type == YAML_SCALAR_EVENT else {
        throw MarkupError(.forbidden, "a key must be a text, not a list or mapping", at: keyPlace)
      }
      let key = try events.scalar().text
      let path = YAMLPath.key(key, in: mapping)
      if let earlier = seen.updateValue(keyPlace, forKey: [UInt8](key.utf8)) {
        throw MarkupError(.duplicateKey, "\(path.prefix)the key stands on line \(earlier.line) already", at: keyPlace)
      }
      try events.next()
      entries.append(YAMLNode.Entry(key: key, keyPlace: keyPlace, value: try node(path: path, depth: depth + 1)))
      try events.next()
    }
    return entries
  }
}

/// libyaml's parser and its current event. Lives only while the bytes are pinned.
private final class YAMLEvents {
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let event = UnsafeMutablePointer<yaml_event_t>.allocate(capacity: 1)
  private let bytes: UnsafeRawBufferPointer
  private var hasEvent = false

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    guard yaml_parser_initialize(parser) == 1 else { fatalError("out of memory") }
    // libyaml compares the pointer with its end, so that an empty text needs an address too.
    let start = bytes.baseAddress ?? UnsafeRawPointer(event)
    yaml_parser_set_input_string(parser, start.assumingMemoryBound(to: UInt8.self), bytes.count)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
  }

  deinit {
    if hasEvent { yaml_event_delete(event) }
    yaml_parser_delete(parser)
    parser.deallocate()
    event.deallocate()
  }

  var type: yaml_event_type_t { event.pointee.type }

  var place: TextPlace { Self.place(event.pointee.start_mark) }

  private static func place(_ mark: yaml_mark_t) -> TextPlace {
    TextPlace(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }

  func next() throws(MarkupError) {
    if hasEvent { yaml_event_delete(event) }
    hasEvent = yaml_parser_parse(parser, event) == 1
    if !hasEvent { throw failure() }
  }

  private func failure() -> MarkupError {
    let parser = parser.pointee
    let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
    // The reader (encoding, control characters) tells a byte's offset, the scanner and parser a mark.
    if parser.error == YAML_READER_ERROR {
      return MarkupError(.malformed, problem, at: .of(offset: min(parser.problem_offset, bytes.count), in: bytes))
    }
    let context = parser.context.map { " (\(String(cString: $0)))" } ?? ""
    return MarkupError(.malformed, problem + context, at: Self.place(parser.problem_mark))
  }

  func scalar() throws(MarkupError) -> YAMLNode.Scalar {
    let scalar = event.pointee.data.scalar
    let text = String(validating: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    // Escapes in double quotes can spell surrogates.
    guard let text else { throw MarkupError(.malformed, "a text that is not valid Unicode", at: place) }
    let style: YAMLNode.ScalarStyle =
      switch scalar.style {
      case YAML_PLAIN_SCALAR_STYLE: .plain
      case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
      default: .quoted
      }
    return YAMLNode.Scalar(text: text, style: style)
  }

  /// Refuses what would make a small file large or give it another meaning: aliases, anchors, tags.
  func refuseExtras() throws(MarkupError) {
    let data = event.pointee.data
    let anchor: UnsafeMutablePointer<yaml_char_t>?
    let tag: UnsafeMutablePointer<yaml_char_t>?
    switch type {
    case YAML_ALIAS_EVENT: throw MarkupError(.forbidden, "an alias (*name) is not accepted: write the value out", at: place)
    case YAML_SCALAR_EVENT: (anchor, tag) = (data.scalar.anchor, data.scalar.tag)
    case YAML_SEQUENCE_START_EVENT: (anchor, tag) = (data.sequence_start.anchor, data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT: (anchor, tag) = (data.mapping_start.anchor, data.mapping_start.tag)
    default: return
    }
    if anchor != nil { throw MarkupError(.forbidden, "an anchor (&name) is not accepted: write the value out", at: place) }
    if tag != nil { throw MarkupError(.forbidden, "a tag (!name) is not accepted", at: place) }
  }
}
