import Catalog
import ObjectStorage

/// Names that are new on one side and spelled with combining marks (as macOS does: `e` and an accent of its own), kept until the whole
/// plan is known: the other side may have the same name with composed letters (`é`).
struct Spellings {
  /// Swift's strings are equal where Unicode says that their spellings are.
  private var decomposed: BothSides<[String: ObjectKey]> = BothSides(left: [:], right: [:])

  /// So many names are looked at in one run. More new ones than that are two files each until they are renamed.
  private static let limit = 100_000

  var isEmpty: Bool { decomposed.left.isEmpty && decomposed.right.isEmpty }

  /// Notes what is new on `side`.
  mutating func note(_ key: ObjectKey, newOn side: PairSide) {
    guard decomposed[side].count < Self.limit, Self.mayBeDecomposed(key.name),
      let text = String(validating: key.bytes, as: UTF8.self)
    else { return }
    decomposed[side][text] = key
  }

  /// The other spelling of what is new on `side`, which is new on the other side: in the same folder, spelled the same.
  func twin(of key: ObjectKey, newOn side: PairSide) -> ObjectKey? {
    guard key.name.contains(where: { $0 >= 0x80 }), let text = String(validating: key.bytes, as: UTF8.self),
      let twin = decomposed[side.other][text], twin != key, twin.parent == key.parent
    else { return nil }
    return twin
  }

  /// Whether there may be a combining mark (U+0300 to U+036F, U+3099, U+309A) or a conjoining Korean letter (U+1100 to U+11FF).
  private static func mayBeDecomposed(_ name: ArraySlice<UInt8>) -> Bool {
    zip(name, name.dropFirst()).contains { first, second in
      switch first {
      case 0xCC: true
      case 0xCD: second <= 0xAF
      case 0xE1: (0x84...0x87).contains(second)
      case 0xE3: second == 0x82
      default: false
      }
    }
  }
}
