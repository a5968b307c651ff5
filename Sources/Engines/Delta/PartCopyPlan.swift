/// The parts of a write that takes from the old object what it can, within a store's limits.
public struct PartCopyPlan: Hashable, Sendable {
  /// One part.
  public typealias Part = DeltaPlan.Piece

  /// The parts, in order: they cover the new file exactly. Part numbers count from 1.
  public let parts: [Part]

  /// Bytes that are sent.
  public var bytesSent: Int64 { parts.reduce(0) { $0 + ($1.origin == .sent ? $1.length : 0) } }

  /// Bytes that the store copies.
  public var bytesCopied: Int64 { parts.reduce(0) { $0 + ($1.origin == .sent ? 0 : $1.length) } }

  /// Plans the parts with as few bytes sent as the limits allow. Where there would be too many parts, sent ones grow first, then copied
  /// ones; then short copied ranges are sent. An empty file has no parts.
  ///
  /// Nil only if the file is longer than `limits.count` parts of the greatest length.
  public init?(_ delta: DeltaPlan, limits: PartLimits = .s3, wishes: PartWishes = PartWishes()) {
    var least = limits.minimum
    while true {
      let ranges = Self.ranges(delta, limits: limits, leastCopy: least)
      var (sent, copied) = (min(wishes.sent, limits.maximum), min(wishes.copied, limits.maximum))
      // Each range is a part at least.
      while ranges.count <= limits.count {
        let count = ranges.reduce(0) { $0 + Self.count($1, sent, copied, limits) }
        if count <= limits.count {
          parts = ranges.flatMap { Self.divide($0, into: Self.count($0, sent, copied, limits)) }
          return
        }
        if sent < limits.maximum {
          sent = Self.double(sent, upTo: limits.maximum)
        } else if copied < limits.maximum {
          copied = Self.double(copied, upTo: limits.maximum)
        } else {
          break
        }
      }
      // Nothing was copied any more.
      guard least <= delta.length else { return nil }
      least = Self.double(least, upTo: .max)
    }
  }

  private static func double(_ number: Int64, upTo limit: Int64) -> Int64 { number > limit / 2 ? limit : number * 2 }

  /// How many parts a range becomes: of about the wished length, and none below the least.
  private static func count(_ range: Part, _ sent: Int64, _ copied: Int64, _ limits: PartLimits) -> Int {
    let wish = range.origin == .sent ? sent : copied
    let needed = (range.length - 1) / limits.maximum + 1
    return Int(max(min((range.length - 1) / wish + 1, range.length / limits.minimum), needed))
  }

  /// Divides a range into parts of nearly one length.
  private static func divide(_ range: Part, into count: Int) -> [Part] {
    let (share, rest) = range.length.quotientAndRemainder(dividingBy: Int64(count))
    return (0..<Int64(count)).map { number in
      let start = number * share + min(number, rest)
      let length = share + (number < rest ? 1 : 0)
      guard case .copied(let source) = range.origin else {
        return Part(offset: range.offset + start, length: length, origin: .sent)
      }
      return Part(offset: range.offset + start, length: length, origin: .copied(from: source + start))
    }
  }
}
