/// Why an age file or a key cannot be used.
public struct AgeError: Error, Sendable, CustomStringConvertible {
  /// What it means.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String {
      case notAge, header, headerMAC, noMatch, payload, armor, key, unsupported, source
    }
    private let value: Value

    /// The bytes are no age file at all.
    public static let notAge = Code(value: .notAge)
    /// The header breaks the format's rules.
    public static let header = Code(value: .header)
    /// The header's code is wrong: it was changed.
    public static let headerMAC = Code(value: .headerMAC)
    /// None of the identities can open the file.
    public static let noMatch = Code(value: .noMatch)
    /// The content was changed, cut or continued.
    public static let payload = Code(value: .payload)
    /// The ASCII armor breaks its rules.
    public static let armor = Code(value: .armor)
    /// The text of a key, or of a file of keys, cannot be read.
    public static let key = Code(value: .key)
    /// A kind of key that is not known here, or more work than allowed.
    public static let unsupported = Code(value: .unsupported)
    /// The plaintext to be encrypted has not the announced length.
    public static let source = Code(value: .source)

    public var description: String { value.rawValue }
  }

  /// What it means.
  public let code: Code
  /// What is wrong and what to do, for people. Never holds a secret.
  public let message: String

  /// An error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }
}
