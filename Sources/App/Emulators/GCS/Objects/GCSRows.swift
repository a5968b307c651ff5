import Markup
import Primitives

/// Buckets and objects inside one transaction.
///
/// Collections: `buckets` by name; `live` by bucket, `/` and name; `past` (generations that are live no more) by the same, a zero byte
/// and the generation; `uploads` and `rewrites` under way.
struct GCSRows {
  let rows: EmulatorRows

  static func key(_ place: GCSPlace) -> [UInt8] { Array(place.bucket.utf8) + [0x2F] + place.name }

  static func pastKey(_ place: GCSPlace, _ generation: Int64) -> [UInt8] {
    key(place) + [0] + withUnsafeBytes(of: generation.bigEndian) { Array($0) }
  }

  /// - Throws: `GCSFailure` where there is none.
  func bucket(_ name: String) throws -> GCSBucket {
    guard let bucket = GCSBucket(row: try rows.get("buckets", Array(name.utf8))) else { throw GCSFailure.noBucket }
    return bucket
  }

  func put(_ bucket: GCSBucket) throws { try rows.put("buckets", Array(bucket.name.utf8), bucket.row) }

  func live(_ place: GCSPlace) throws -> GCSObject? { GCSObject(row: try rows.get("live", Self.key(place))) }

  /// A generation, or where none is named the live one.
  /// - Throws: `GCSFailure` where it is not there.
  func object(_ place: GCSPlace, generation: Int64? = nil) throws -> GCSObject {
    _ = try bucket(place.bucket)
    let live = try live(place)
    guard let generation, generation != live?.generation else {
      guard let live else { throw place.missing }
      return live
    }
    guard let past = GCSObject(row: try rows.get("past", Self.pastKey(place, generation))) else { throw place.missing }
    return past
  }

  func put(_ object: GCSObject) throws {
    if object.deleted == nil {
      try rows.put("live", Self.key(object.place), object.row)
    } else {
      try rows.put("past", Self.pastKey(object.place, object.generation), object.row)
    }
  }

  /// Takes the live object away: kept where the bucket keeps versions.
  /// - Returns: content that nothing refers to any more.
  func retire(_ object: GCSObject, in bucket: GCSBucket, now: Timestamp) throws -> Blob? {
    try rows.remove("live", Self.key(object.place))
    guard bucket.keepsVersions else { return object.blob }
    var past = object
    past.deleted = now
    try put(past)
    return nil
  }

  /// A generation that nothing has had: the time in microseconds, as the service counts, and always more than the last one.
  func nextGeneration(now: Timestamp) throws -> Int64 {
    let key = Array("generation".utf8)
    let last = try rows.get("counters", key)?.integerValue ?? 0
    let next = max(last + 1, now.seconds * 1_000_000 + Int64(now.nanoseconds) / 1000)
    try rows.put("counters", key, .integer(next))
    return next
  }
}
