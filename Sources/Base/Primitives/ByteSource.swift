/// Gives the bytes of one body, in order, once.
///
/// A source is pulled synchronously from inside the code that moves the bytes (an HTTP client's callback, a copy loop on a
/// blocking thread), so that no task switch is paid per chunk. A source that has nothing yet says `.pause` and calls the
/// function given to `whenReady` later; a source backed by a file or memory never pauses.
///
/// A source is used by one caller at a time. For a second attempt make a new source (`Payload.makeSource`).
public protocol ByteSource: AnyObject, Sendable {
  /// Copies up to `buffer.count` bytes into `buffer`.
  /// - Returns: `.bytes(n)` with `n > 0`, `.end` after the last byte, `.pause` if nothing is there yet.
  /// - Throws: the reason why the body cannot be read; the transfer that reads it fails with that error.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult

  /// Calls `resume` once, on any thread, when `read` would make progress after a `.pause`. May call it at once.
  func whenReady(_ resume: @escaping @Sendable () -> Void)
}

/// What one `ByteSource.read` gave.
public enum ByteSourceResult: Sendable, Equatable {
  /// This many bytes were copied; more than zero.
  case bytes(Int)
  /// The body has ended.
  case end
  /// Nothing is there yet: ask `whenReady`.
  case pause
}

/// Takes the bytes of one body, in order.
///
/// Called synchronously by whoever receives the bytes, so it must not block for long: a write to a local file is fine, a wait is
/// not. A sink that cannot take more says `.pause`; the same bytes are then offered again after `whenReady`.
public protocol ByteSink: AnyObject, Sendable {
  /// Takes all of `bytes`, or none of them with `.pause`.
  /// - Throws: the reason why the bytes cannot be taken (a full disk); the transfer stops with that error.
  func write(_ bytes: UnsafeRawBufferPointer) throws -> ByteSinkResult

  /// Calls `resume` once, on any thread, when `write` would make progress after a `.pause`. May call it at once.
  func whenReady(_ resume: @escaping @Sendable () -> Void)

  /// Forgets everything written: the body comes again from its beginning (a retry after a broken connection).
  /// - Throws: if what was written cannot be taken back (it went to a terminal or a pipe); the attempt is then not repeated.
  func restart() throws
}

/// What one `ByteSink.write` did.
public enum ByteSinkResult: Sendable, Equatable {
  /// All bytes were taken.
  case taken
  /// No byte was taken: ask `whenReady`, then offer the same bytes again.
  case pause
}
