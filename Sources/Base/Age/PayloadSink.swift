import Crypto
public import Primitives

/// Opens chunks as they come and gives their content on. Nothing is given on that was not verified.
///
/// `finish` must be called when all bytes have come: only then is it known that the last chunk was the last.
///
/// Unchecked: written to by one caller at a time, as every `ByteSink`.
public final class PayloadSink: ByteSink, @unchecked Sendable {
  private let cipher: ChunkCipher
  private let base: any ByteSink
  /// What is to be opened; nil for the whole of a payload whose length is not known.
  private let window: PayloadLayout.Window?

  private var chunk: Int64
  /// Bytes of the beginning of a chunk.
  private let held = WorkBuffer(ChunkCipher.sealedSize)
  private var heldCount = 0
  private let plain = WorkBuffer(ChunkCipher.plainSize)
  /// Content that the taker has not taken yet.
  private var pending = 0..<0
  /// Bytes of the current offer that are in here already: the offer comes again after a pause.
  private var consumed = 0
  private var isOver = false
  /// Bytes of content still to be skipped and given.
  private var skip: Int
  private var count: Int64

  init(payloadKey: SecretBytes, window: PayloadLayout.Window?, into base: any ByteSink) {
    cipher = ChunkCipher(key: payloadKey)
    self.base = base
    self.window = window
    chunk = window?.firstChunk ?? 0
    skip = window?.skip ?? 0
    count = window?.count ?? .max
  }

  /// A part of a file: takes the bytes of `window.file`.
  /// - Parameter nonce: the 16 bytes behind the header.
  public convenience init(key: FileKey, nonce: [UInt8], window: PayloadLayout.Window, into base: any ByteSink) {
    self.init(payloadKey: key.payloadKey(nonce: nonce), window: window, into: base)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard try deliver() else { return .pause }
    while consumed < bytes.count {
      try take(bytes)
      guard try deliver() else { return .pause }
    }
    consumed = 0
    return .taken
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  public func restart() throws {
    try base.restart()
    chunk = window?.firstChunk ?? 0
    skip = window?.skip ?? 0
    count = window?.count ?? .max
    (heldCount, pending, consumed, isOver) = (0, 0..<0, 0, false)
  }

  /// Opens the last chunk and gives it on.
  /// - Throws: `AgeError` `.payload` if the payload was cut or changed.
  public func finish() async throws {
    if !isOver, window == nil || heldCount > 0 {
      guard heldCount > 0 else {
        throw AgeError(.payload, chunk == 0 ? "the file was cut: it has no content" : "the file was cut at the border of a chunk")
      }
      if window.map({ chunk == $0.lastChunk }) ?? true {
        try open(held.read(0..<heldCount), isLast: true)
        heldCount = 0
        isOver = true
      }
    }
    while try !deliver() { try await Waiting.until(base) }
    if let window, chunk != window.endChunk || heldCount > 0 {
      throw AgeError(.payload, "the file was cut: \(window.count - count) of \(window.count) bytes came")
    }
  }

  /// Takes up to a chunk of the offer.
  private func take(_ bytes: UnsafeRawBufferPointer) throws {
    if isOver { throw AgeError(.payload, "there are bytes behind the last chunk") }
    let rest = bytes.count - consumed
    let size = ChunkCipher.sealedSize
    if heldCount == 0, rest > size || rest == size && isKnownMiddle {
      try open(UnsafeRawBufferPointer(rebasing: bytes[consumed..<consumed + size]), isLast: false)
      consumed += size
      return
    }
    if heldCount == size {
      // Something follows a whole chunk, so that it is not the last.
      try open(held.read(0..<size), isLast: false)
      heldCount = 0
      return
    }
    let taken = min(size - heldCount, rest)
    held.write(heldCount..<heldCount + taken).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes[consumed..<consumed + taken]))
    heldCount += taken
    consumed += taken
    if heldCount == size, isKnownMiddle {
      try open(held.read(0..<size), isLast: false)
      heldCount = 0
    }
  }

  /// Whether the length of the file says that this chunk is not the last.
  private var isKnownMiddle: Bool { window.map { chunk < $0.lastChunk } ?? false }

  private func open(_ sealed: UnsafeRawBufferPointer, isLast: Bool) throws {
    let length = sealed.count - (ChunkCipher.sealedSize - ChunkCipher.plainSize)
    guard length > 0 || length == 0 && isLast && chunk == 0 else {
      throw AgeError(.payload, "the file's last chunk is too short")
    }
    guard cipher.open(sealed, chunk: chunk, isLast: isLast, into: plain.memory) else {
      throw AgeError(.payload, "chunk \(chunk + 1) of the content was changed, or the file was cut or continued there")
    }
    chunk += 1
    let start = min(skip, length)
    skip -= start
    let given = Int(min(Int64(length - start), count))
    pending = start..<start + given
    count -= Int64(given)
  }

  /// Gives on what waits; false if the taker pauses.
  private func deliver() throws -> Bool {
    if pending.isEmpty { return true }
    guard try base.write(plain.read(pending)) == .taken else { return false }
    pending = 0..<0
    return true
  }
}
