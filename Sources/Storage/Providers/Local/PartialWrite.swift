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

  private let file: SharedDescriptor
  /// Where this write begins.
  let start: Int64
  private let startCRC: UInt32
  private var count: Int64
  private var crc: UInt32
  private var noted: Int64

  /// Looks at what is in the file. Reads all of it: call it where blocking is allowed.
  init(_ file: SharedDescriptor, length: Int64) throws {
    self.file = file
    (start, startCRC) = try Self.verified(file, length: length) ?? (0, 0)
    (count, crc, noted) = (start, startCRC, start)
  }

  private static func verified(_ file: SharedDescriptor, length: Int64) throws -> (Int64, UInt32)? {
    guard let text = try file.attribute(name: progress) else { return nil }
    let fields = String(decoding: text, as: UTF8.self).split(separator: " ")
    guard fields.count == 2, let offset = Int64(fields[0]), let expected = UInt32(fields[1]), (1...length).contains(offset),
      try file.status().size >= offset
    else { return nil }
    var crc: UInt32 = 0
    var position: Int64 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while position < offset {
      let wanted = Int(min(Int64(buffer.count), offset - position))
      let read = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: position)
      if read == 0 { return nil }
      crc = CRC.crc32c(UnsafeRawBufferPointer(rebasing: buffer[..<read]), continuing: crc)
      position += Int64(read)
    }
    return crc == expected ? (offset, crc) : nil
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
