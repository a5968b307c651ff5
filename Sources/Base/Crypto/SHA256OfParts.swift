/// SHA-256 over the SHA-256 of parts of a fixed length (the last may be shorter), as Dropbox hashes content.
///
/// Used by one caller at a time (unchecked `Sendable`, as the sinks that hold one).
public final class SHA256OfParts: @unchecked Sendable {
  private let partSize: Int
  private let part = HashStream([.sha256])
  private let whole = HashStream([.sha256])
  private var held = 0

  /// A hash of parts of `partSize` bytes, more than zero.
  public init(partSize: Int) {
    precondition(partSize > 0, "a part has bytes")
    self.partSize = partSize
  }

  /// Takes the next bytes. Must not follow `finish` without a `reset`.
  public func update(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset < bytes.count {
      let end = min(offset + partSize - held, bytes.count)
      part.update(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]))
      held += end - offset
      offset = end
      if held == partSize { endPart() }
    }
  }

  /// The hash of everything taken; of no bytes that of nothing. Called once.
  public func finish() -> [UInt8] {
    if held > 0 { endPart() }
    return whole.finish()[.sha256] ?? []
  }

  /// Forgets everything taken.
  public func reset() {
    part.reset()
    whole.reset()
    held = 0
  }

  /// The hashes of the parts of `bytes`, one behind the other: what `SHA256` of gives the whole's hash.
  public static func digests(of bytes: UnsafeRawBufferPointer, partSize: Int) -> [UInt8] {
    var digests: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: partSize) {
      digests += SHA256.hash(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + partSize, bytes.count)]))
    }
    return digests
  }

  private func endPart() {
    whole.update(part.finish()[.sha256] ?? [])
    part.reset()
    held = 0
  }
}
