import Crypto
import ObjectStorage

/// The hash of `bytes` by `method`; nil for methods that need to know how an object was sent.
func contentHash(_ bytes: [UInt8], _ method: ContentHash.Method) -> ContentHash? {
  let algorithm: HashAlgorithm
  switch method {
  case .md5: algorithm = .md5
  case .sha256: algorithm = .sha256
  case .crc32c: algorithm = .crc32c
  case .crc64nvme: algorithm = .crc64nvme
  case .sha256OfParts: return nil
  }
  let stream = HashStream([algorithm])
  stream.update(bytes)
  return stream.finish()[algorithm].map { ContentHash(method, $0) }
}
