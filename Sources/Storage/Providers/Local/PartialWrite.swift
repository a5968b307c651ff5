import Concurrency
import Crypto
import Files
import Primitives

/// How far a hidden file has come that an interrupted write left, kept in its own extended attributes: whose it is, and up to where its
/// bytes were once known, with their checksum. What a power loss took of them is so found out, and nothing behind is believed.
struct PartialWrite {
  /// Carries the id of the content.
  static let mark = Array("user.isobar.partial".utf8)
  private static let progress = Array("user.isobar.progress".utf8)
  /// Smaller files are sent again sooner than found again.
  static let smallest: Int64 = 8 << 20
  /// How often the progress is written down, in bytes.
  private static let stride: Int64 = 16 << 20
  /// How much is read in one go on the pool.
  private static let stretch: Int64 = 64 << 20

  private let file: SharedDescriptor
  /// Where this write begins.
  let start: Int64
  private let startCRC: UInt32
  private var count: Int64
  private var crc: UInt32
  private var noted: Int64

  private init(_ file: SharedDescriptor, from start: Int64, _ crc: UInt32) {
    (self.file, self.start, startCRC) = (file, start, crc)
    (count, self.crc, noted) = (start, crc, start)
  }

  /// Looks at what is in the file, and reads all of it: on the blocking pool, a stretch at a time.
  static func look(at file: SharedDescriptor, length: Int64) async throws -> PartialWrite {
    guard let text = try file.attribute(name: progress) else { return PartialWrite(file, from: 0, 0) }
    let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
    guard fields.count == 2, let offset = Int64(fields[0]), let expected = UInt32(fields[1]), (1...length).contains(offset),
      try file.status().size >= offset
    else { return PartialWrite(file, from: 0, 0) }
    var crc: UInt32 = 0
    var position: Int64 = 0
    while position < offset {
      try Task.checkCancellation()
      let stretch = position..<min(position + Self.stretch, offset)
      guard let next = try await BlockingPool.shared.run({ [crc] in try checksum(of: stretch, in: file, continuing: crc) }) else {
        return PartialWrite(file, from: 0, 0)
      }
      (crc, position) = (next, stretch.upperBound)
    }
    return crc == expected ? PartialWrite(file, from: offset, crc) : PartialWrite(file, from: 0, 0)
  }

  /// Nil where the file ends before.
  private static func checksum(of range: Range<Int64>, in file: SharedDescriptor, continuing crc: UInt32) throws -> UInt32? {
    var (crc, position) = (crc, range.lowerBound)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while position < range.upperBound {
      let wanted = Int(min(Int64(buffer.count), range.upperBound - position))
      let read = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: position)
      if read == 0 { return nil }
      crc = CRC.crc32c(UnsafeRawBufferPointer(rebasing: buffer[..<read]), continuing: crc)
      position += Int64(read)
    }
    return crc
  }

  /// Bytes were written behind the last ones.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    crc = CRC.crc32c(bytes, continuing: crc)
    count += Int64(bytes.count)
    if count - noted >= Self.stride { note() }
  }

  mutating func restart() { (count, crc, noted) = (start, startCRC, start) }

  /// Writes the progress down. What cannot be noted is sent again some day.
  mutating func note() {
    try? file.setAttribute(name: Self.progress, value: Array("\(count) \(crc)".utf8))
    noted = count
  }

  /// The file becomes one like any other.
  func forget() throws {
    for name in [Self.progress, Self.mark] where try file.attribute(name: name) != nil { try file.removeAttribute(name: name) }
  }
}
