import CSystem
import Glibc

/// Owns an open file descriptor and closes it at the end of its life.
public struct Descriptor: ~Copyable, Sendable {
  /// The number; valid while the descriptor lives.
  public let raw: Int32

  /// Takes over an open descriptor.
  public init(owning raw: Int32) { self.raw = raw }

  deinit { _ = close(raw) }

  /// Gives the number away: the caller now closes it.
  public consuming func release() -> Int32 {
    let number = raw
    discard self
    return number
  }
}

/// An open file descriptor that several owners share; closed with the last of them.
public final class SharedDescriptor: Sendable {
  /// The number; valid while this object lives, so keep a reference over the whole use.
  public let raw: Int32
  /// The path it was opened by, for errors.
  public let path: [UInt8]

  /// Takes over an open descriptor.
  public init(_ descriptor: consuming Descriptor, path: [UInt8]) {
    self.path = path
    raw = descriptor.release()
  }

  deinit { _ = close(raw) }

  /// The file's status now (one `statx`).
  public func status() throws -> FileStatus { try FileStatus(at: raw, "", path) }

  /// Reads up to `buffer.count` bytes at `offset`; 0 at the end of the file.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
    while true {
      let count = pread(raw, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 || errno != EINTR { return try FileError.checkErrno(count, .read, path) }
    }
  }

  /// Writes all of `bytes` at `offset`.
  public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
    var done = 0
    while done < bytes.count {
      let count = pwrite(raw, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
      if count < 0 && errno == EINTR { continue }
      done += try FileError.checkErrno(count, .write, path)
    }
  }

  /// Makes the file's content and status durable.
  public func sync() throws { try FileError.checkErrno(fsync(raw), .sync, path) }

  /// Copies a range of `source` to `offset` here, inside the kernel where it can (sharing blocks on file systems that do), else
  /// through memory.
  /// - Returns: the number of bytes copied; fewer than `length` if `source` ends before.
  @discardableResult
  public func copy(from source: SharedDescriptor, range: Range<Int64>, to offset: Int64) throws -> Int64 {
    var done: Int64 = 0
    let length = range.upperBound - range.lowerBound
    while done < length {
      let count = csys_copy_range(source.raw, range.lowerBound + done, raw, offset + done, UInt64(min(length - done, 1 << 30)))
      if count == -Int64(EINTR) { continue }
      // Refusals by file systems; a zero may also be one (files of /proc), so the plain copy finds the true end.
      if count <= 0 && [0, EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EBADF].contains(Int32(-count)) {
        return try done + copyThroughMemory(from: source, range: range.lowerBound + done..<range.upperBound, to: offset + done)
      }
      done += try FileError.check(count, .write, path)
    }
    return done
  }

  private func copyThroughMemory(from source: SharedDescriptor, range: Range<Int64>, to offset: Int64) throws -> Int64 {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { buffer.deallocate() }
    var done: Int64 = 0
    while range.lowerBound + done < range.upperBound {
      let wanted = Int(min(Int64(buffer.count), range.upperBound - range.lowerBound - done))
      let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: range.lowerBound + done)
      if count == 0 { break }
      try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset + done)
      done += Int64(count)
    }
    return done
  }
}
