/// What a three-way merge gave.
public struct MergeResult: Hashable, Sendable {
  /// The merged text; with conflict markers where both sides changed the same lines differently.
  public var bytes: [UInt8]
  /// Whether there are such places.
  public var hasConflicts: Bool
}

/// The names that the conflict markers carry. Line breaks and other control characters in them are shown as "?".
public struct MergeLabels: Hashable, Sendable {
  /// After `|||||||`, in the styles that show the ancestor.
  public var ancestor: String
  /// After `<<<<<<<`.
  public var ours: String
  /// After `>>>>>>>`.
  public var theirs: String

  /// Names for the three texts.
  public init(ancestor: String = "ancestor", ours: String = "ours", theirs: String = "theirs") {
    self.ancestor = ancestor
    self.ours = ours
    self.theirs = theirs
  }
}

/// How a conflict is shown in the merged text.
public enum ConflictStyle: Hashable, Sendable {
  /// Both sides.
  case merge
  /// Both sides and between them the ancestor's lines, as `diff3 -m` does.
  case diff3
}

/// Why texts were not merged; nothing was changed.
public struct TextMergeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of reason it is.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Value: String { case binary, tooLarge, failed }
    private let value: Value

    /// One of the three has a NUL in its first 8 KiB, git's test for what is no text.
    public static let binary = Code(value: .binary)
    /// One of the three is larger than `mergeSizeLimit`.
    public static let tooLarge = Code(value: .tooLarge)
    /// libgit2 gave up: the message says why.
    public static let failed = Code(value: .failed)

    /// A stable label.
    public var description: String { value.rawValue }
  }

  /// What kind of reason it is.
  public var code: Code
  /// The reason, for people.
  public var message: String

  /// The message.
  public var description: String { message }
}
