/// How an object is cut into parts.
struct PartPlan: Sendable, Equatable {
  let length: Int64
  let partSize: Int64

  /// A plan with at most 10,000 parts, of at least `preferred` bytes each; nil if the object is larger than S3 allows.
  init?(length: Int64, preferred: Int64) {
    typealias Limits = S3Configuration.Limits
    guard length >= 0, length <= Limits.largestObject else { return nil }
    self.length = length
    var size = max(preferred, Limits.smallestPart)
    let needed = (length + Limits.partCount - 1) / Limits.partCount
    if needed > size {
      // Whole mebibytes, so that the parts of a growing file stay where they are.
      size = ((needed + (1 << 20) - 1) >> 20) << 20
    }
    partSize = min(size, Limits.largestPart)
  }

  var count: Int { max(1, Int((length + partSize - 1) / partSize)) }

  /// The bytes of a part, counted from 1.
  func range(_ number: Int) -> Range<Int64> {
    let start = Int64(number - 1) * partSize
    return start..<min(start + partSize, length)
  }
}
