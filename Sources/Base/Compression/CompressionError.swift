/// Why bytes could not be compressed, or are not what a compressor wrote.
public struct CompressionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure it is.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String { case malformed, truncated, tooLong, windowTooLarge, unsupported, wrongLength, outOfMemory }
    private let value: Value

    /// The bytes are no frames, or were damaged.
    public static let malformed = Code(value: .malformed)
    /// The last frame has no end.
    public static let truncated = Code(value: .truncated)
    /// More would come out than the caller allows.
    public static let tooLong = Code(value: .tooLong)
    /// The frame wants more memory than the caller allows.
    public static let windowTooLarge = Code(value: .windowTooLarge)
    /// The frame needs a dictionary, or a later version of the library.
    public static let unsupported = Code(value: .unsupported)
    /// Not as many bytes came to be compressed as were announced.
    public static let wrongLength = Code(value: .wrongLength)
    /// There is no memory left.
    public static let outOfMemory = Code(value: .outOfMemory)

    /// A stable label, for metrics and JSON.
    public var description: String { value.rawValue }
  }

  /// What kind of failure it is.
  public var code: Code
  /// What is wrong, for people.
  public var message: String

  /// An error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
