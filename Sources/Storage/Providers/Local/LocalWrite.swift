import Concurrency
import Crypto
import Files
import ObjectStorage
import Primitives

/// A write into a hidden file, which gets its name at `commit`.
final class LocalWrite: DirectWrite {
  private let store: LocalStore
  private let key: ObjectKey
  private let path: [UInt8]
  private let length: Int64?
  private let options: WriteOptions
  let temporary: TemporaryFile
  private let body: LocalSink
  private let isOpen = Lock(true)

  convenience init(_ store: LocalStore, _ key: ObjectKey, _ path: [UInt8], length: Int64?, _ options: WriteOptions) throws {
    let temporary = try store.makingParents(of: path, key) { try store.root.temporaryFile(beside: path, size: length ?? 0) }
    try self.init(store, key, path, length: length, options, temporary, nil)
  }

  /// Goes on with what an interrupted write of the same content left; nil where nothing can be kept.
  static func resuming(
    _ store: LocalStore, _ key: ObjectKey, _ path: [UInt8], length: Int64?, _ options: WriteOptions
  ) async throws -> LocalWrite? {
    guard let content = options.contentID, let length, length >= PartialWrite.smallest else { return nil }
    let opened = try await BlockingPool.shared.run {
      try store.makingParents(of: path, key) {
        let id = SHA256.hash(key.bytes + [0] + content)
        return try store.root.resumableFile(beside: path, id: id, mark: PartialWrite.mark)
      }
    }
    guard let file = opened else { return nil }
    do {
      let partial = try await PartialWrite.look(at: file.descriptor, length: length)
      return try await BlockingPool.shared.run {
        try store.mapping(key) {
          // Whatever lies behind was never known to be good. Only then the rest is reserved: cutting gives back what was.
          try file.truncate(to: partial.start)
          try file.reserve(length)
        }
        return try LocalWrite(store, key, path, length: length, options, file, partial)
      }
    } catch {
      // What has come so far is as good as before: it is only that nobody can go on now.
      if let status = try? file.descriptor.status(), status.size > 0 { file.keep() }
      throw store.storageError(error, key)
    }
  }

  private init(
    _ store: LocalStore, _ key: ObjectKey, _ path: [UInt8], length: Int64?, _ options: WriteOptions, _ temporary: TemporaryFile,
    _ partial: PartialWrite?
  ) throws {
    (self.store, self.key, self.path, self.length, self.options) = (store, key, path, length, options)
    self.temporary = temporary
    body = LocalSink(store, key, temporary.descriptor, limit: length, partial)
    if store.options.preserveMode, let mode = options.metadata.mode, mode & 0o044 != 0o044 {
      // What will be private is private from its first byte.
      try store.mapping(key) { try temporary.descriptor.setMode(0o600) }
    }
  }

  var taken: Int64 { body.start }
  var sink: any ByteSink { body }

  func replay(into sink: any ByteSink) async throws {
    try body.finish()
    let count = body.count
    try await Pump(from: LocalSource(store, key, temporary.descriptor, 0..<count), to: sink, length: count).run { moved in
      store.failure(.sourceChanged, key, retry: .later, "\(moved) of \(count) bytes are there")
    }
  }

  func suspend() async {
    let wasOpen = isOpen.withLock { open in
      defer { open = false }
      return open
    }
    guard wasOpen else { return }
    if body.keepProgress() { temporary.keep() } else { temporary.discard() }
  }

  func commit(metadata: ObjectMetadata?) async throws -> WriteReceipt {
    try body.finish()
    try store.mapping(key) { try body.forgetProgress() }
    return try await commit(metadata: metadata, length: body.count)
  }

  /// - Parameter written: the bytes that are in the file.
  /// - Parameter verify: asked just before the file gets its name.
  func commit(
    metadata: ObjectMetadata?, length written: Int64, verify: @escaping @Sendable () throws -> Void = {}
  ) async throws -> WriteReceipt {
    let wasOpen = isOpen.withLock { open in
      defer { open = false }
      return open
    }
    guard wasOpen else { throw store.failure(.invalidArgument, key, "this write has ended already") }
    if let length, written != length {
      temporary.discard()
      throw store.failure(.sourceChanged, key, retry: .later, "\(written) bytes came where \(length) were announced")
    }
    do {
      try Task.checkCancellation()
      var options = options
      if let metadata { options.metadata = metadata }
      // A sync waits for the disk; without one there are only a few quick system calls.
      if store.options.durability == .everyWrite {
        return try await BlockingPool.shared.run { [store, key, path, temporary, options] in
          try verify()
          return try store.finish(temporary, key, path, options)
        }
      }
      try verify()
      return try store.finish(temporary, key, path, options)
    } catch {
      temporary.discard()
      throw error
    }
  }

  func abort() async {
    let wasOpen = isOpen.withLock { open in
      defer { open = false }
      return open
    }
    if wasOpen { temporary.discard() }
  }
}

/// Writes a body into a hidden file, not beyond its announced length; its errors are the store's.
///
/// What comes in small pieces (16 KiB from libcurl, however large its buffer) is gathered first: the file system takes a quarter of a
/// mebibyte at once for less than half the processor time. With the last byte announced, or after `finish`, all is in the file. Used
/// by one caller at a time.
final class LocalSink: ByteSink, @unchecked Sendable {
  private static let gathered = 256 << 10

  private let store: LocalStore
  private let key: ObjectKey
  private let limit: Int64?
  private let sink: FileSink
  private var partial: PartialWrite?
  /// Where it begins.
  let start: Int64
  /// What was taken and is not in the file yet.
  private var waiting: [UInt8] = []

  /// The bytes in the file and on the way there.
  var count: Int64 { start + sink.count + Int64(waiting.count) }

  init(_ store: LocalStore, _ key: ObjectKey, _ file: SharedDescriptor, limit: Int64?, _ partial: PartialWrite? = nil) {
    (self.store, self.key, self.limit, self.partial) = (store, key, limit, partial)
    start = partial?.start ?? 0
    sink = FileSink(file, offset: start)
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    let left = limit.map { $0 - count - Int64(bytes.count) } ?? .max
    guard left >= 0 else {
      throw store.failure(.sourceChanged, key, retry: .later, "more bytes came than the \(limit ?? 0) announced")
    }
    if waiting.isEmpty, left == 0 || bytes.count >= Self.gathered {
      try put(bytes)
      return .taken
    }
    if waiting.isEmpty {
      waiting.reserveCapacity(min(Self.gathered + (16 << 10), bytes.count + Int(min(left, Int64(Self.gathered)))))
    }
    waiting.append(contentsOf: bytes)
    if left == 0 || waiting.count >= Self.gathered { try writeOut() }
    return .taken
  }

  /// Puts into the file what was taken and still waits.
  func finish() throws { try writeOut() }

  private func writeOut() throws {
    if waiting.isEmpty { return }
    try waiting.withUnsafeBytes { try put($0) }
    waiting.removeAll(keepingCapacity: true)
  }

  private func put(_ bytes: UnsafeRawBufferPointer) throws {
    try store.mapping(key) { _ = try sink.write(bytes) }
    partial?.add(bytes)
  }

  /// Puts everything into the file and notes how far it goes; false where nothing can be kept.
  func keepProgress() -> Bool {
    guard partial != nil, (try? finish()) != nil else { return false }
    partial?.note()
    return true
  }

  /// The file becomes one like any other.
  func forgetProgress() throws { try partial?.forget() }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  func restart() throws {
    waiting.removeAll(keepingCapacity: true)
    partial?.restart()
    try store.mapping(key) { try sink.restart() }
  }
}

/// Collects the text of a link, which is made at `commit`.
final class LocalLinkWrite: DirectWrite {
  /// The longest text a link may have.
  static let limit: Int64 = 4095

  private let store: LocalStore
  private let key: ObjectKey
  private let path: [UInt8]
  private let length: Int64?
  private let options: WriteOptions
  private let body: MemorySink
  private let isOpen = Lock(true)

  init(_ store: LocalStore, _ key: ObjectKey, _ path: [UInt8], length: Int64?, _ options: WriteOptions) throws {
    guard (1...LocalLinkWrite.limit).contains(length ?? 1) else {
      throw store.failure(.invalidArgument, key, "the text of a symbolic link has 1 to \(LocalLinkWrite.limit) bytes")
    }
    (self.store, self.key, self.path, self.length, self.options) = (store, key, path, length, options)
    body = MemorySink(limit: Int(length ?? LocalLinkWrite.limit))
  }

  var taken: Int64 { 0 }
  var sink: any ByteSink { body }

  func replay(into sink: any ByteSink) async throws {
    let bytes = body.bytes
    try await Pump(from: MemorySource(bytes[...]), to: sink, length: Int64(bytes.count)).run { _ in
      store.failure(.sourceChanged, key, "the text of the link is not there")
    }
  }

  func suspend() async { await abort() }

  func commit(metadata: ObjectMetadata?) async throws -> WriteReceipt {
    let wasOpen = isOpen.withLock { open in
      defer { open = false }
      return open
    }
    guard wasOpen else { throw store.failure(.invalidArgument, key, "this write has ended already") }
    if let length, Int64(body.bytes.count) != length {
      throw store.failure(.sourceChanged, key, retry: .later, "\(body.bytes.count) bytes came where \(length) were announced")
    }
    guard !body.bytes.contains(0) else { throw store.failure(.invalidArgument, key, "the text of a link cannot hold a NUL byte") }
    try Task.checkCancellation()
    return try store.finishLink(body.bytes, key, path, options, modified: (metadata ?? options.metadata).modified)
  }

  func abort() async { isOpen.withLock { $0 = false } }
}
