public import ObjectStorage
import SQL

extension PairCatalog {
  /// At most `n` keys of files in the base tree, in order and evenly spread, for `ListOptions.splitHints`; fewer where there are not as
  /// many (512 at the most).
  ///
  /// One look-up. The keys are gathered in a pass over the keys (0.2 s a million) when there are none yet, or when the number of paths
  /// has changed by a quarter since.
  public func splitHints(_ n: Int) throws -> [ObjectKey] {
    guard n > 0, storedCount > 0 else { return [] }
    return try catalogued {
      let samples = try storedSamples() ?? gatherSamples()
      guard samples.count > n else { return samples }
      // The middles of n equal pieces would leave half a piece at both ends; n cuts make n + 1 equal ones.
      return (1...n).map { samples[$0 * samples.count / (n + 1)] }
    }
  }

  private func storedSamples() throws -> [ObjectKey]? {
    guard let value = try metaValue(MetaName.hints) else { return nil }
    do {
      return try value.withUnsafeBytes { bytes in
        var reader = RecordReader(bytes)
        let count = try reader.count()
        guard abs(count - storedCount) <= count / 4 else { return nil }
        var keys: [ObjectKey] = []
        for _ in 0..<(try reader.count()) { keys.append(try ObjectKey(try reader.block())) }
        try reader.end()
        return keys
      }
    } catch is RecordReader.Malformed {
      throw corrupt("the sample of keys")
    } catch is InvalidKey {
      throw corrupt("the sample of keys")
    }
  }

  private func gatherSamples() throws -> [ObjectKey] {
    var sampler = KeySampler()
    let statement = try database.prepare("SELECT key FROM base ORDER BY key")
    defer { statement.reset() }
    while try statement.step() { statement.withBytes(0) { sampler.offer($0) } }
    let keys: [ObjectKey]
    do { keys = try sampler.keys.map { try ObjectKey($0) } } catch { throw corrupt("a key") }
    if !isReadOnly {
      var writer = RecordWriter()
      writer.unsigned(UInt64(storedCount))
      writer.unsigned(UInt64(keys.count))
      for key in keys { writer.block(key.bytes) }
      try setMetaValue(MetaName.hints, writer.bytes)
    }
    return keys
  }
}

/// Keeps an even sample of the files' keys of a stream whose length is not known.
struct KeySampler {
  private(set) var keys: [[UInt8]] = []
  private var stride = 1
  private var passed = 0
  private static let limit = 1024

  mutating func offer(_ key: UnsafeRawBufferPointer) {
    guard key.last != UInt8(ascii: "/") else { return }
    defer { passed += 1 }
    guard passed % stride == 0 else { return }
    if keys.count == Self.limit {
      keys = keys.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
      stride *= 2
      guard passed % stride == 0 else { return }
    }
    keys.append([UInt8](key))
  }
}
