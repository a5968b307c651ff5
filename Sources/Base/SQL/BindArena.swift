/// Keeps copies of one run's blob and text values at addresses that do not move.
///
/// SQLite would copy each value into an allocation of its own; one block that is used again for every row is cheaper.
struct BindArena {
  private var block = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var used = 0
  private var overflow: [UnsafeMutableRawBufferPointer] = []
  private var wanted = 512
  /// A block larger than this is not kept for the next run.
  private static let keptLimit = 1 << 16

  /// A copy of `bytes` that stays where it is until `clear`; its address is never null.
  mutating func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let start = reserve(bytes.count)
    if let source = bytes.baseAddress, bytes.count > 0 { start.copyMemory(from: source, byteCount: bytes.count) }
    return UnsafeRawBufferPointer(start: start, count: bytes.count)
  }

  private mutating func reserve(_ count: Int) -> UnsafeMutableRawPointer {
    if block.baseAddress == nil { block = .allocate(byteCount: wanted, alignment: 8) }
    if let base = block.baseAddress, count <= block.count - used {
      defer { used += count }
      return base + used
    }
    wanted = min(max(wanted, (used + count) * 2), Self.keptLimit)
    let extra = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 8)
    overflow.append(extra)
    return extra.baseAddress!
  }

  /// Takes all memory back for the next run.
  mutating func clear() {
    used = 0
    guard !overflow.isEmpty else { return }
    free()
  }

  /// Frees all memory.
  mutating func free() {
    for extra in overflow { extra.deallocate() }
    overflow.removeAll()
    block.deallocate()
    block = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    used = 0
  }
}
