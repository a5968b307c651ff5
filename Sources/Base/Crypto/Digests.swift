/// The digests of one stream of bytes, by algorithm, and the stream's length.
public struct Digests: Hashable, Sendable {
  private var values: [HashAlgorithm: [UInt8]]

  /// How many bytes were hashed.
  public var byteCount: Int64

  /// Digests known from elsewhere, a listing say. Traps if a value has not its algorithm's length: check remote values first.
  public init(_ values: [HashAlgorithm: [UInt8]] = [:], byteCount: Int64) {
    for (algorithm, value) in values {
      precondition(value.count == algorithm.byteCount, "a digest of the wrong length")
    }
    self.values = values
    self.byteCount = byteCount
  }

  /// The algorithms that have a digest here.
  public var algorithms: Set<HashAlgorithm> { Set(values.keys) }

  /// The digest by `algorithm`, nil if it was not computed. Checksums are big-endian.
  public subscript(algorithm: HashAlgorithm) -> [UInt8]? { values[algorithm] }
}
