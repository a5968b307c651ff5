import Chunking
import Crypto
import Delta

/// Records of chunks, damaged at will but with a sum that fits: what is read can be written and is the same, and plans of it cover what
/// they must. The first byte says where one map ends and the other begins.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  _ = try? ChunkMap(encoded: bytes)
  if let shared = SharedMap(encoded: bytes) { precondition(SharedMap(encoded: shared.encoded) == shared) }
  let split = min(bytes.count, Int(bytes.first ?? 0) * 8)
  let maps = [bytes.prefix(split).dropFirst(), bytes.dropFirst(max(split, 1))].compactMap { map(Array($0)) }
  for map in maps {
    let again = try? ChunkMap(encoded: map.encoded)
    precondition(again == map)
  }
  guard let old = maps.first, let new = maps.last else { return 0 }
  let delta = DeltaPlan(from: old, to: new)
  precondition(delta.length == new.length)
  guard let limits = PartLimits(minimum: 300, maximum: 5000, count: 50) else { return 0 }
  if let plan = PartCopyPlan(delta, limits: limits) {
    precondition(plan.parts.count <= 50 && plan.bytesSent + plan.bytesCopied == new.length)
    var end: Int64 = 0
    for part in plan.parts {
      precondition(part.offset == end && part.length > 0 && part.length <= 5000)
      end += part.length
    }
  }
  return 0
}

/// The map of a record's body, behind the right beginning and with the right sum.
private func map(_ body: [UInt8]) -> ChunkMap? {
  let whole = Array("ICM".utf8) + [1] + body
  return try? ChunkMap(encoded: whole + CRC.bytes(whole.withUnsafeBytes { CRC.crc32c($0) }))
}
