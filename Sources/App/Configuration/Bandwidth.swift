public import Primitives

/// How fast bytes may move, per second; nil is as fast as it goes.
public struct Bandwidth: Hashable, Sendable, CustomStringConvertible {
  /// Towards the stores.
  public let up: ByteCount?
  /// From the stores.
  public let down: ByteCount?

  /// A limit.
  public init(up: ByteCount?, down: ByteCount?) {
    self.up = up
    self.down = down
  }

  /// Reads `10M` (both ways), `5M:20M` (up, down), `5M:off`, `off`. Nil for anything else and for zero.
  public init?(parsing text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count) else { return nil }
    var rates: [ByteCount?] = []
    for part in parts {
      if part == "off" {
        rates.append(nil)
      } else if let rate = ByteCount(parsing: String(part)), rate.bytes > 0 {
        rates.append(rate)
      } else {
        return nil
      }
    }
    self.init(up: rates[0], down: rates.count == 2 ? rates[1] : rates[0])
  }

  /// The form that `init(parsing:)` reads; exact.
  public var description: String {
    func text(_ rate: ByteCount?) -> String { rate.map { SizeText.exact($0.bytes) } ?? "off" }
    return up == down ? text(up) : "\(text(up)):\(text(down))"
  }
}

/// Sizes in the shortest form that is exact.
enum SizeText {
  static func exact(_ bytes: Int64) -> String {
    for (shift, unit) in [(40, "T"), (30, "G"), (20, "M"), (10, "K")] where bytes != 0 && bytes % (1 << shift) == 0 {
      return "\(bytes >> Int64(shift))\(unit)"
    }
    return String(bytes)
  }
}
