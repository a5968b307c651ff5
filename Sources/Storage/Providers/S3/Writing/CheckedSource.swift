import Crypto
import ObjectStorage
import Primitives

/// The second reading of bytes that were hashed before: its last byte is given only if all were the same and the payload still is
/// what it was. Until that byte the service cannot take the request for whole.
final class CheckedSource: ByteSource, @unchecked Sendable {
  private let inner: any ByteSource
  private let expected: [UInt8]
  private let payload: Payload
  private let key: ObjectKey
  private let store: String
  private var left: Int64
  private var crc: UInt32 = 0

  init(_ inner: any ByteSource, length: Int64, crc32c: [UInt8], payload: Payload, key: ObjectKey, store: String) {
    self.inner = inner
    expected = crc32c
    left = length
    self.payload = payload
    self.key = key
    self.store = store
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> ByteSourceResult {
    if left == 0 { return .end }
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(Int64(buffer.count), left))])
    switch try inner.read(into: room) {
    case .pause: return .pause
    case .end: throw changed("the file became shorter while it was read")
    case .bytes(let count):
      crc = CRC.crc32c(UnsafeRawBufferPointer(rebasing: room[..<count]), continuing: crc)
      left -= Int64(count)
      if left == 0 {
        guard CRC.bytes(crc) == expected else { throw changed("the file changed while it was read") }
        try payload.verifyUnchanged()
      }
      return .bytes(count)
    }
  }

  func whenReady(_ resume: @escaping @Sendable () -> Void) { inner.whenReady(resume) }

  private func changed(_ message: String) -> StorageError { StorageError(.sourceChanged, store: store, key: key, message: message) }
}
