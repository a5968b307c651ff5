import ProviderSupport

/// Puts the names of a listing into bytewise order, as they come.
///
/// The service sorts names by UTF-16: what lies beyond the first 65,536 characters (an emoji) comes before U+E000…U+FFFF (full-width
/// letters), and bytewise behind them. Accounts with a hierarchical namespace list a folder's content right behind the folder:
/// `a/x` before `a-b`, and bytewise behind it. So a name with such a character, or there with a slash, is held back until a name comes
/// that does not begin like it up to there: only then nothing can come before it any more. The same goes for a folder that the service
/// has without its slash.
struct ServiceOrder: Sendable {
  /// Whether a folder's content comes right behind the folder.
  var isHierarchical = false
  /// Bytes that all names begin with, which decide nothing.
  private let common: Int
  private var held: [ListedName] = []
  private var prefix: [UInt8] = []

  /// - Parameter common: how many bytes all names share.
  init(common: Int) { self.common = common }

  /// Takes names in the service's order; gives those that are certain, in bytewise order.
  mutating func add(_ names: [ListedName]) -> [ListedName] {
    var ready: [ListedName] = []
    ready.reserveCapacity(names.count)
    for name in names {
      if !held.isEmpty {
        if name.name.starts(with: prefix) {
          held.append(name)
          continue
        }
        ready += flush()
      }
      if let place = firstDoubt(in: name) {
        prefix = Array(name.name[..<place])
        held.append(name)
      } else {
        ready.append(name)
      }
    }
    return ready
  }

  /// What is still held back, once the listing has ended.
  mutating func finish() -> [ListedName] { flush() }

  private mutating func flush() -> [ListedName] {
    defer { held = [] }
    // Mostly they are in order: nobody has full-width letters beside emoji.
    let isSorted = zip(held, held.dropFirst()).allSatisfy { compareBytes($0.name, $1.name) < 0 }
    return isSorted ? held : held.sorted { compareBytes($0.name, $1.name) < 0 }
  }

  private func firstDoubt(in listed: ListedName) -> Int? {
    let name = listed.name
    guard name.count > common else { return nil }
    return name[common...].firstIndex { $0 >= 0xF0 || isHierarchical && $0 == 0x2F } ?? (listed.lacksSlash ? name.count - 1 : nil)
  }
}
