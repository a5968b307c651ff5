/// A password, key or token. Nothing prints it: descriptions, interpolation and dumps show `<redacted>`.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let text: String

  /// Wraps `text`.
  public init(_ text: String) { self.text = text }

  /// The text itself: call it where it is used and nowhere else.
  public func reveal() -> String { text }

  /// Whether the text is empty, which mostly means that it was forgotten.
  public var isEmpty: Bool { text.isEmpty }

  public var description: String { "<redacted>" }
  public var debugDescription: String { "<redacted>" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Compares byte by byte; the time taken depends on the lengths only.
  public static func == (left: Secret, right: Secret) -> Bool {
    let (first, second) = (Array(left.text.utf8), Array(right.text.utf8))
    guard first.count == second.count else { return false }
    var difference: UInt8 = 0
    for index in first.indices { difference |= first[index] ^ second[index] }
    return difference == 0
  }
}
