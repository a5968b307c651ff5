/// Stops a run in which one side looks as if somebody had scrambled it: very many files replaced at once by what only chance or a cipher
/// makes, where readable content was.
///
/// Both have to come together, the number and the content: many edits alone, many archives alone, or files that were as random before
/// do not stop a run.
public struct ChangeGuard: Hashable, Sendable {
  /// The most files that may be replaced on one side without their content being looked at; nil for any number.
  public var count: Int?
  /// The same in percent of the files both sides last agreed on; nil for any share.
  public var percent: Double?

  /// Small runs are not judged by their share.
  public static let percentAppliesAbove = 20

  /// By default a quarter of the files.
  public init(count: Int? = nil, percent: Double? = 25) {
    self.count = count
    self.percent = percent
  }

  /// No guard.
  public static let off = ChangeGuard(count: nil, percent: nil)

  /// Whether so many replaced files are worth a look at their content.
  func isMass(_ changed: Int, of known: Int) -> Bool {
    if let count, changed > count { return true }
    if let percent, changed > Self.percentAppliesAbove, Double(changed) * 100 > Double(known) * percent { return true }
    return false
  }
}
