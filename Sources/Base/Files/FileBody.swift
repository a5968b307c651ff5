import Glibc
public import Primitives

/// A range of a file as the bytes of a body.
///
/// A file that became shorter is an error (`.endedEarly`), never an early end: a transfer must not store a part as the whole.
public final class FileSource: ByteSource, @unchecked Sendable {
  private let file: SharedDescriptor
  private var position: Int64
  private let end: Int64

  /// The bytes from `offset`, `length` of them. The descriptor may be shared: its own position is not used.
  public init(_ file: SharedDescriptor, offset: Int64, length: Int64) {
    self.file = file
    position = offset
    end = offset + length
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    if position >= end { return .end }
    let wanted = Int(min(Int64(buffer.count), end - position))
    let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: position)
    guard count > 0 || wanted == 0 else {
      throw FileError(.endedEarly, errno: EIO, operation: .read, path: file.path)
    }
    position += Int64(count)
    return .bytes(count)
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }
}

/// Writes a body into a file, from an offset on.
public final class FileSink: ByteSink, @unchecked Sendable {
  /// What `restart` does with what was written.
  public enum Restart: Sendable, Hashable {
    /// Cuts the file back to where the body begins: for one sink a file.
    case truncate
    /// Writes over it: for several sinks that fill ranges of one file.
    case overwrite
  }

  private let file: SharedDescriptor
  private let start: Int64
  private let onRestart: Restart
  private var position: Int64

  /// How many bytes were taken since the start or the last `restart`.
  public var count: Int64 { position - start }

  /// Writes at `offset` and on. The descriptor may be shared: its own position is not used.
  public init(_ file: SharedDescriptor, offset: Int64 = 0, onRestart: Restart = .truncate) {
    self.file = file
    self.onRestart = onRestart
    start = offset
    position = offset
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult {
    try file.write(bytes, at: position)
    position += Int64(bytes.count)
    return .taken
  }

  public func whenReady(_ resume: @escaping @Sendable () -> Void) { resume() }

  public func restart() throws {
    if onRestart == .truncate { try FileError.checkErrno(ftruncate(file.raw, off_t(start)), .truncate, file.path) }
    position = start
  }
}
