import Crypto
import ObjectStorage

/// Encrypts keys part by part: AES-SIV under the store's name key, spelled in 32 characters that every store holds and none confuses.
///
/// Equal parts have equal ciphertexts, wherever they stand, so that a moved folder keeps its parts. What is longer than a name may be
/// is cut into several parts, of which all but the last end in a mark that the alphabet lacks: nothing but the stored key is needed to
/// get the name back. The cut is the same in every store, so that a store can be copied to another.
struct NameCipher: Sendable {
  /// What a stored key says.
  enum Decoded {
    case key(ObjectKey)
    /// A folder that holds the rest of a long name.
    case partOfName
    /// Nothing that was encrypted with this key.
    case foreign
  }

  private static let context = Array("isobar name v1".utf8)
  private static let slash = UInt8(ascii: "/")
  /// Characters of a part of a long name, without the mark.
  static let pieceLength = 240
  /// `w`, which base32hex does not have.
  static let mark = UInt8(ascii: "w")

  private let siv: AESSIV

  init(key: SecretBytes) { siv = AESSIV(key: key, context: Self.context) }

  /// Makes the limits of the store below into those of names that are to be encrypted: what keeps to them fits.
  ///
  /// A component of n bytes takes at most 1.6 (n + 16.5) characters, the marks and slashes of its cuts 1/120 of these, and the slash in
  /// front of it one: divided by 121/75, that is n and, with its own slash, not quite 17 bytes.
  static func limit(_ capabilities: inout StoreCapabilities) {
    let below = capabilities.componentOverhead
    capabilities.maximumKeyLength = max(capabilities.maximumKeyLength * 75 / 121, 1)
    // Where names are encrypted once more, each cut takes that again.
    if below > 0 { capabilities.maximumKeyLength = max(capabilities.maximumKeyLength * 9 / 10, 1) }
    capabilities.componentOverhead = 17 + below
  }

  /// The stored form of a path, with its closing slash if it has one. May be empty.
  func encode(_ path: some Collection<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    for part in path.split(separator: Self.slash) {
      if !result.isEmpty { result.append(Self.slash) }
      var text = Base32Hex.encode(siv.seal(part))[...]
      while text.count > Self.pieceLength {
        result += text.prefix(Self.pieceLength) + [Self.mark, Self.slash]
        text = text.dropFirst(Self.pieceLength)
      }
      result += text
    }
    if !result.isEmpty, path.reversed().first == Self.slash { result.append(Self.slash) }
    return result
  }

  /// What a stored key stands for.
  func decode(_ key: ObjectKey) -> Decoded {
    guard let (name, isWhole) = parts(of: key) else { return .foreign }
    if !isWhole { return key.isFolder ? .partOfName : .foreign }
    return Self.key(name, isFolder: key.isFolder)
  }

  /// What lies around a stored key, whatever it is itself: the key that it stands for, or, of a piece of a long name, the folder of that
  /// name. `.partOfName` where that is the root.
  func nearest(_ key: ObjectKey) -> Decoded {
    guard let (name, isWhole) = parts(of: key) else { return .foreign }
    if isWhole { return Self.key(name, isFolder: key.isFolder) }
    return name.isEmpty ? .partOfName : Self.key(name, isFolder: true)
  }

  /// The parts of a key that are whole, as a path, and whether that is all of it. Nil if one was not encrypted with this key.
  private func parts(of key: ObjectKey) -> (path: [UInt8], isWhole: Bool)? {
    var result: [UInt8] = []
    var long: [UInt8] = []
    for part in key.withoutSlash.split(separator: Self.slash) {
      if part.last == Self.mark {
        guard part.count == Self.pieceLength + 1 else { return nil }
        long += part.dropLast()
        continue
      }
      guard let name = decode(part: long + part) else { return nil }
      long = []
      if !result.isEmpty { result.append(Self.slash) }
      result += name
    }
    return (result, long.isEmpty)
  }

  private static func key(_ path: [UInt8], isFolder: Bool) -> Decoded {
    (try? ObjectKey(isFolder ? path + [slash] : path)).map(Decoded.key) ?? .foreign
  }

  private func decode(part: [UInt8]) -> [UInt8]? {
    guard let sealed = Base32Hex.decode(part), let name = siv.open(sealed), !name.contains(Self.slash) else {
      return nil
    }
    return name
  }
}

/// Base32 with the extended hexadecimal alphabet (RFC 4648, section 7), in lower case and without padding.
enum Base32Hex {
  private static let alphabet = Array("0123456789abcdefghijklmnopqrstuv".utf8)

  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count * 8 + 4) / 5)
    var held: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      held = held << 8 | UInt32(byte)
      bits += 8
      while bits >= 5 {
        bits -= 5
        text.append(alphabet[Int(held >> bits & 31)])
      }
      held &= 31
    }
    if bits > 0 { text.append(alphabet[Int(held << (5 - bits) & 31)]) }
    return text
  }

  /// Nil for foreign characters, impossible lengths, and bits that no encoder sets.
  static func decode(_ text: [UInt8]) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 5 / 8)
    var held: UInt32 = 0
    var bits: UInt32 = 0
    for symbol in text {
      let value: UInt8
      switch symbol {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = symbol - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "v"): value = symbol - UInt8(ascii: "a") + 10
      default: return nil
      }
      held = (held << 5 | UInt32(value)) & 0xFFF
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(held >> bits & 255))
      }
    }
    return bits < 5 && held & (1 << bits - 1) == 0 ? bytes : nil
  }
}
