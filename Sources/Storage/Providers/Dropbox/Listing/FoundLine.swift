import ObjectStorage
import ProviderSupport

/// What a listing found, on its way to the key that it has: in the order of the paths as the service folds them, a folder right before
/// what is in it.
struct FoundLine: SortableLine {
  enum Kind: UInt8 {
    case file
    case folder
    /// It went while the listing was under way.
    case deleted
  }

  let kind: Kind
  /// The path below the listed folder, folded, with NUL for every slash, which sorts before everything.
  let order: [UInt8]
  /// When it came: of two things at one path the later one counts.
  let sequence: UInt64
  /// Under the path as the service displays it, in which the spelling of folders may be wrong.
  let entry: ObjectEntry
  /// Why its bytes cannot be had.
  let obstacle: String?

  init(kind: Kind, order: [UInt8], sequence: UInt64, entry: ObjectEntry, obstacle: String?) {
    self.kind = kind
    self.order = order
    self.sequence = sequence
    self.entry = entry
    self.obstacle = obstacle
  }

  func precedes(_ other: FoundLine) -> Bool {
    let order = compareBytes(order, other.order)
    return order == 0 ? sequence < other.sequence : order < 0
  }

  var weight: Int { order.count + SortItem.entry(entry).weight }

  func write(to bytes: inout [UInt8]) {
    bytes.append(kind.rawValue)
    LineBytes.put(order, &bytes)
    LineBytes.put(sequence, &bytes)
    LineBytes.put(obstacle.map { Array($0.utf8) }, &bytes)
    SortItem.entry(entry).write(to: &bytes)
  }

  init?(_ bytes: [UInt8], _ position: inout Int) {
    var reader = LineReader(bytes: bytes, position: position)
    guard let kind = reader.byte().flatMap({ Kind(rawValue: $0) }), let order = reader.data(), let sequence = reader.number(),
      let obstacle = reader.optionalData()
    else { return nil }
    var end = reader.position
    guard case .entry(let entry) = SortItem(bytes, &end) else { return nil }
    self.init(
      kind: kind, order: order, sequence: sequence, entry: entry,
      obstacle: obstacle.value.map { String(decoding: $0, as: UTF8.self) })
    position = end
  }
}
