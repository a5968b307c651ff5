import Crypto

/// A record's body with the sum that belongs to it.
func sealed(_ body: [UInt8]) -> [UInt8] { body + CRC.bytes(body.withUnsafeBytes { CRC.crc32c($0) }) }
