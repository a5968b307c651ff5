import Catalog
import Glibc
import ObjectStorage
import Primitives

/// A state folder of its own for one test, removed with the value's owner.
final class Scratch {
  let path: String

  init() {
    var name = Array("/tmp/isobar-catalog-XXXXXX".utf8CString)
    path = name.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { Self.remove(path) }

  var bytes: [UInt8] { Array(path.utf8) }

  func state() throws -> StateDirectory { try StateDirectory.open(Array("\(path)/state".utf8)) }

  func file(_ suffix: String) -> String { "\(path)/state/pairs/\(Sample.id).\(suffix)" }

  static func remove(_ path: String) {
    if let directory = opendir(path) {
      defer { closedir(directory) }
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name != ".", name != ".." else { continue }
        if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
      }
    }
    rmdir(path)
  }
}

func read(_ path: String) -> [UInt8] {
  let descriptor = open(path, O_RDONLY)
  precondition(descriptor >= 0, "cannot open \(path)")
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
  let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
  precondition(count == bytes.count)
  return bytes
}

func write(_ bytes: [UInt8], to path: String) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  precondition(descriptor >= 0, "cannot create \(path)")
  defer { close(descriptor) }
  let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  precondition(count == bytes.count)
}

func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Values the tests share.
enum Sample {
  static let id = "0123456789abcdef"
  static let left = PairEnd(stableID: "local:/home/ada", displayName: "/home/ada")
  static let right = PairEnd(stableID: "s3:bucket", displayName: "s3://bucket")
  static let start = Timestamp(seconds: 1_700_000_000, nanoseconds: 5)
  static let clock = WallClock { start }

  static func pair() throws -> PairRecord { try PairRecord(id: id, left: left, right: right, created: start) }

  static func open(_ scratch: Scratch, clock: WallClock = clock) throws -> PairCatalog {
    try PairCatalog.open(try scratch.state(), pair: pair(), clock: clock)
  }

  static func key(_ number: Int) -> ObjectKey {
    let digits = String(number)
    return ObjectKey(
      trusted: Array("photos/2026/holiday/IMG_\(String(repeating: "0", count: 8 - digits.count))\(digits).jpeg".utf8))
  }

  /// An entry as a sync of a folder with an S3 bucket makes it.
  static func entry(_ key: ObjectKey, version: UInt8 = 1) -> BaseEntry {
    let time = Timestamp(seconds: 1_690_000_000 + Int64(version), nanoseconds: 123_456_789)
    return BaseEntry(
      key: key, size: 4096, hash: ContentHash(.md5, [UInt8](repeating: version, count: 16)), modified: time, mode: 0o644,
      left: SideState(
        version: ObjectVersion([UInt8](repeating: version, count: 32)), modified: time, identity: [UInt8](repeating: 7, count: 12)),
      right: SideState(version: ObjectVersion("\"d41d8cd98f00b204e9800998ecf8427\(version % 10)\"")))
  }

  /// Any entry at all, with everything there is or is not.
  static func randomEntry(_ key: ObjectKey, _ random: inout SeededRandom) -> BaseEntry {
    func bytes(_ random: inout SeededRandom, _ limit: Int) -> [UInt8] {
      (0..<Int.random(in: 0...limit, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
    func time(_ random: inout SeededRandom) -> Timestamp? {
      guard Bool.random(using: &random) else { return nil }
      let seconds = Bool.random(using: &random) ? Int64.random(in: Int64.min...Int64.max, using: &random) : 1_700_000_000
      return Timestamp(seconds: seconds, nanoseconds: Int32.random(in: 0..<1_000_000_000, using: &random))
    }
    func side(_ random: inout SeededRandom, _ agreed: Timestamp?) -> SideState {
      SideState(
        version: Bool.random(using: &random) ? ObjectVersion(bytes(&random, 200)) : nil,
        modified: Bool.random(using: &random) ? agreed : time(&random),
        identity: Bool.random(using: &random) ? bytes(&random, 20) : nil)
    }
    let methods: [ContentHash.Method] = [.md5, .sha256, .crc32c, .crc64nvme, .sha256OfParts(partSize: 1 << 23)]
    let agreed = time(&random)
    return BaseEntry(
      key: key, size: Bool.random(using: &random) ? Int64.max : Int64.random(in: 0...5000, using: &random),
      hash: Bool.random(using: &random) ? ContentHash(methods.randomElement(using: &random)!, bytes(&random, 40)) : nil,
      modified: agreed, mode: Bool.random(using: &random) ? UInt16.random(in: 0...0o7777, using: &random) : nil,
      left: side(&random, agreed), right: side(&random, agreed))
  }
}

extension BaseScan {
  func rest() throws -> [BaseEntry] {
    var entries: [BaseEntry] = []
    while let entry = try next() { entries.append(entry) }
    return entries
  }
}

/// A seed that differs from run to run; printed by the test that uses it.
func freshSeed(_ name: String) -> UInt64 {
  let seed = UInt64.random(in: 0...UInt64.max)
  print("\(name): seed \(seed)")
  return seed
}
