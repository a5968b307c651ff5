import Concurrency
import Files
import Primitives

/// What the root's file system can do: tried out once, with two hidden files, when first asked.
final class Features: Sendable {
  struct Found: Sendable {
    /// Two files can change names in one step.
    var exchange = true
    /// Files have extended attributes.
    var attributes = true
    /// The unit of modification times, in nanoseconds.
    var timePrecision: Int64 = 1
  }

  private let root: ConfinedDirectory
  private let wantsAttributes: Bool
  private let found = Lock<Found?>(nil)

  init(root: ConfinedDirectory, wantsAttributes: Bool) {
    self.root = root
    self.wantsAttributes = wantsAttributes
  }

  func probed() -> Found {
    found.withLock { found in
      if let found { return found }
      let result = probe()
      found = result
      return result
    }
  }

  private func probe() -> Found {
    let place = Array("probe".utf8)
    // In a folder that cannot be written to, nothing will be written either; what is there may still have attributes.
    guard let first = try? root.temporaryFile(beside: place), let second = try? root.temporaryFile(beside: place) else {
      return Found(attributes: wantsAttributes)
    }
    defer {
      first.discard()
      second.discard()
    }
    var result = Found(attributes: false)
    do { try first.exchangeNames(with: second) } catch { result.exchange = false }
    if wantsAttributes, (try? first.setAttribute(name: Array("isobar.probe".utf8), value: [1])) != nil { result.attributes = true }
    let wanted = Timestamp(seconds: 1_000_000_001, nanoseconds: 123_456_789)
    if (try? first.setTimes(modified: wanted)) != nil, let kept = try? first.descriptor.status().modified {
      let units: [Int64] = [1, 100, 1_000, 1_000_000, 10_000_000, 1_000_000_000]
      result.timePrecision = units.first { wanted.truncated(toNanoseconds: $0) == kept } ?? 2_000_000_000
    }
    return result
  }
}
