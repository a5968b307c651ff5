public import Primitives

/// Opens a whole file as it comes: header, nonce, chunks. Nothing is given on that was not verified.
///
/// `finish` must be called when all bytes have come, and what was given on counts only once it has returned.
///
/// Unchecked: written to by one caller at a time, as every `ByteSink`.
public final class FileDecryptor: ByteSink, @unchecked Sendable {
  private let identities: [Identity]
  private let base: any ByteSink
  /// Called once the header is open and verified, before any content.
  private let opened: (@Sendable (Header, FileKey) throws -> Void)?

  private var head: [UInt8] = []
  /// How much of the head there must be before it is read again, so that a head in many pieces is not read for each.
  private var nextTry = 1
  private var payload: PayloadSink?
  /// Bytes behind the head that came with it.
  private var rest: [UInt8] = []

  /// A decryptor that gives the content to `base`.
  public init(
    _ identities: [Identity], into base: any ByteSink, opened: (@Sendable (Header, FileKey) throws -> Void)? = nil
  ) {
    self.identities = identities
    self.base = base
    self.opened = opened
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    if let payload {
      guard try giveRest(payload) else { return .pause }
      return try payload.write(bytes)
    }
    head += bytes
    if head.count >= nextTry { try readHead() }
    return .taken
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  public func restart() throws {
    try base.restart()
    (head, rest, nextTry, payload) = ([], [], 1, nil)
  }

  /// Opens what is left.
  /// - Throws: `AgeError` if the file is not whole.
  public func finish() async throws {
    if payload == nil {
      try readHead()
      if payload == nil { throw AgeError(.header, "the file ends within its header") }
    }
    guard let payload else { return }
    while try !giveRest(payload) { try await Waiting.until(base) }
    try await payload.finish()
  }

  private func readHead() throws {
    guard let header = try HeaderParser.parse(head[...]) else {
      nextTry = head.count * 2
      return
    }
    let start = header.byteCount + PayloadLayout.nonceSize
    guard head.count >= start else {
      nextTry = start
      return
    }
    let key = try header.open(identities)
    try opened?(header, key)
    let nonce = Array(head[header.byteCount..<start])
    rest = Array(head[start...])
    head = []
    payload = PayloadSink(payloadKey: key.payloadKey(nonce: nonce), window: nil, into: base)
  }

  private func giveRest(_ payload: PayloadSink) throws -> Bool {
    if rest.isEmpty { return true }
    guard try rest.withUnsafeBytes({ try payload.write($0) }) == .taken else { return false }
    rest = []
    return true
  }
}

extension FileDecryptor {
  /// The content of a small file at hand.
  public static func decrypt(_ file: [UInt8], _ identities: [Identity], limit: Int = .max) async throws -> [UInt8] {
    let sink = MemorySink(limit: limit)
    let decryptor = FileDecryptor(identities, into: sink)
    for start in stride(from: 0, to: file.count, by: 1 << 20) {
      // Memory never pauses.
      _ = try file[start..<min(start + 1 << 20, file.count)].withUnsafeBytes { try decryptor.write($0) }
    }
    try await decryptor.finish()
    return sink.bytes
  }
}

extension FileDecryptor {
  /// The content of a small file at hand, without a suspension: for threads that may block, since a passphrase takes its time.
  public static func decrypt(whole file: [UInt8], _ identities: [Identity]) throws -> [UInt8] {
    guard let header = try Header.parse(file) else { throw AgeError(.header, "the file ends within its header") }
    let key = try header.open(identities)
    let layout = try PayloadLayout(headerLength: header.byteCount, fileLength: Int64(file.count))
    let window = layout.window(0..<layout.plainLength)
    let source = OpeningSource(
      key: key, nonce: Array(file[header.byteCount..<Int(layout.start)]), window: window,
      from: MemorySource(file[Int(layout.start)...]))
    return try [UInt8](unsafeUninitializedCapacity: Int(layout.plainLength) + 1) { buffer, count in
      while case .bytes(let read) = try source.read(
        into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
      {
        count += read
      }
    }
  }
}
