import Compression
import Concurrency
public import ObjectStorage
import Primitives

extension CompressedStore {
  /// Bytes that are pushed are compressed where they are pushed, at levels up to 6; at higher ones `write` is the way.
  public func openWrite(_ key: ObjectKey, length: Int64?, _ options: WriteOptions) async throws -> any DirectWrite {
    var options = options
    options.metadata = options.metadata.marked(nil)
    // What an interrupted write left below is the beginning of frames; where in the content it ends, nobody knows.
    options.contentID = nil
    marks.forget(key)
    guard try await capabilities().directWrite else {
      throw StorageError.unsupported("take pushed bytes", store: identity.displayName)
    }
    if key.isFolder { return try await base.openWrite(key, length: length, options) }
    let target = try await base.openWrite(key, length: nil, options)
    return CompressedDirectWrite(self, target, key, length: length, options.metadata)
  }
}

/// Compresses what is pushed.
final class CompressedDirectWrite: DirectWrite {
  private let store: CompressedStore
  private let base: any DirectWrite
  private let key: ObjectKey
  private let length: Int64?
  private let metadata: ObjectMetadata
  private let body: CompressingSink

  init(_ store: CompressedStore, _ base: any DirectWrite, _ key: ObjectKey, length: Int64?, _ metadata: ObjectMetadata) {
    self.store = store
    self.base = base
    self.key = key
    self.length = length
    self.metadata = metadata
    body = CompressingSink(base.sink, store)
  }

  var sink: any ByteSink { body }

  /// Nothing is left of an interrupted write.
  var taken: Int64 { 0 }

  /// - Throws: `.unsupported`: what was taken is compressed, and partly not written yet.
  func replay(into sink: any ByteSink) async throws {
    throw StorageError.unsupported("give back what is being compressed", store: store.identity.displayName)
  }

  func commit(metadata: ObjectMetadata?) async throws -> WriteReceipt {
    if let length, body.length != length {
      throw store.failure(.sourceChanged, key, "\(body.length) bytes came where \(length) were announced")
    }
    let mark = try await body.finish()
    let receipt = try await base.commit(metadata: (metadata ?? self.metadata).marked(mark))
    guard let mark else { return receipt }
    return store.receipt(receipt, mark)
  }

  func suspend() async { await base.abort() }

  func abort() async { await base.abort() }
}

/// Compresses what it is given and passes it on. Used by one caller at a time.
private final class CompressingSink: ByteSink, @unchecked Sendable {
  private enum Form { case undecided, compressed, plain }

  /// Bytes by which it is decided whether the content shrinks.
  private static let decisionLength = 256 << 10

  private let base: any ByteSink
  private let options: CompressionOptions
  private let compressor: Compressor
  private var writer: FrameWriter
  private var form = Form.undecided
  /// The content's beginning, until it is decided what becomes of it.
  private var beginning: [UInt8] = []
  /// What goes to the base and was not taken yet.
  private var pending: ArraySlice<UInt8> = []
  private(set) var length: Int64 = 0

  init(_ base: any ByteSink, _ store: CompressedStore) {
    self.base = base
    options = store.options
    compressor = Compressor(store.options.level)
    writer = FrameWriter(compressor, frameLength: store.options.frameLength)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    guard try drain() else { return .pause }
    switch form {
    case .undecided:
      beginning.append(contentsOf: bytes)
      if beginning.count >= Self.decisionLength { try decide() }
    case .plain:
      guard try base.write(bytes) == .taken else { return .pause }
    case .compressed:
      try writer.write(bytes)
      pending = writer.take()[...]
    }
    length += Int64(bytes.count)
    _ = try drain()
    return .taken
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { base.whenReady(resume) }

  func restart() throws {
    (form, beginning, pending, length) = (.undecided, [], [], 0)
    writer = FrameWriter(compressor, frameLength: options.frameLength)
    try base.restart()
  }

  /// Passes on what is left.
  /// - Returns: the content's mark; nil if it was passed on as it is.
  func finish() async throws -> CompressionMark? {
    if form == .undecided { try decide() }
    var mark: CompressionMark?
    if form == .compressed {
      mark = try writer.finish()
      pending += writer.take()
    }
    while try !drain() {
      let ready = OneShot<Void>()
      base.whenReady { ready.settle(.success(())) }
      try await ready.wait()
    }
    return mark
  }

  private func decide() throws {
    let isWorthwhile =
      options.choice == .everything ? !beginning.isEmpty : beginning.withUnsafeBytes { Compressibility.shrinks($0, compressor) }
    form = isWorthwhile ? .compressed : .plain
    if form == .compressed {
      try beginning.withUnsafeBytes { try writer.write($0) }
      pending += writer.take()
    } else {
      pending += beginning
    }
    beginning = []
  }

  /// Whether nothing is left.
  private func drain() throws -> Bool {
    while !pending.isEmpty {
      let piece = pending.prefix(256 << 10)
      guard try piece.withUnsafeBytes({ try base.write($0) }) == .taken else { return false }
      pending = pending.dropFirst(piece.count)
    }
    return true
  }
}
