import Age
import Crypto
import Files
import Glibc
import Primitives
import Testing

/// One file of the format's published test kit: lines of facts, an empty line, the encrypted file.
struct AgeVector: Sendable, CustomTestStringConvertible {
  let name: String
  let expect: String
  let payloadHash: String?
  let identities: [Identity]
  let isArmored: Bool
  let file: [UInt8]

  var testDescription: String { name }

  static let folder: String = {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    return (getenv("ISOBAR_VECTORS").map { String(cString: $0) } ?? root + "/../shared/vectors") + "/age"
  }()

  static let all: [AgeVector] = {
    guard let folder = opendir(Self.folder) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted().compactMap { name in
      guard let bytes = contents(of: "\(Self.folder)/\(name)") else { return nil }
      return try? AgeVector(name, bytes)
    }
  }()

  private init(_ name: String, _ bytes: [UInt8]) throws {
    self.name = name
    var facts: [String: String] = [:]
    var identities: [Identity] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: rest[..<end], as: UTF8.self)
      rest = rest[(end + 1)...]
      if line.isEmpty { break }
      let separator = line.firstIndex(of: ":") ?? line.endIndex
      let value = String(line[separator...].dropFirst(2))
      facts[String(line[..<separator])] = value
      if line.hasPrefix("identity:") { identities.append(try identity(value)) }
      if line.hasPrefix("passphrase:") { identities.append(.passphrase(secret(value))) }
    }
    expect = facts["expect"] ?? ""
    payloadHash = facts["payload"]
    isArmored = facts["armored"] == "yes"
    self.identities = identities
    guard facts["compressed"] != nil else {
      file = Array(rest)
      return
    }
    let skipped = bytes.count - rest.count
    let inflate = "import sys,zlib;sys.stdout.buffer.write(zlib.decompress(open(sys.argv[1],'rb').read()[int(sys.argv[2]):]))"
    file = try Subprocess.run(
      .program("python3", arguments: ["-c", inflate, "\(Self.folder)/\(name)", "\(skipped)"]), timeout: .seconds(60),
      outputLimit: 64 << 20
    ).output
  }

  /// Opens the file as a reader of streams does: what came out, and the error if there was one.
  func decrypt() async -> (plain: [UInt8], error: AgeError?) {
    let sink = MemorySink(limit: .max)
    do {
      let file = isArmored ? try Armor.decode(file) : file
      let decryptor = FileDecryptor(identities, into: sink)
      var random = SeededRandom(seed: UInt64(file.count))
      try push(file, to: decryptor, &random)
      try await decryptor.finish()
      return (sink.bytes, nil)
    } catch let error as AgeError { return (sink.bytes, error) } catch { return (sink.bytes, AgeError(.unsupported, "\(error)")) }
  }
}

@Suite struct VectorTests {
  static let isThere = Comment("skipped: no vectors")

  @Test(.enabled(if: !AgeVector.all.isEmpty, isThere)) func `all vectors are there`() {
    #expect(AgeVector.all.count >= 80)
  }

  @Test(.enabled(if: !AgeVector.all.isEmpty, isThere), arguments: AgeVector.all)
  func `a file of the published kit does what is said of it`(vector: AgeVector) async throws {
    let (plain, error) = await vector.decrypt()
    switch vector.expect {
    case "success":
      #expect(error == nil)
      #expect(Hex.encode(SHA256.hash(plain)) == vector.payloadHash)
      // What is read can be written: a new file for the same recipients opens to the same content.
      let identity = Identity.generate()
      let again = try SealedFile.encrypt(plain, for: [try #require(identity.recipient)])
      #expect(try await FileDecryptor.decrypt(again, [identity]) == plain)
    case "no match": #expect(error?.code == .noMatch)
    case "HMAC failure": #expect(error?.code == .headerMAC)
    case "header failure": #expect(error?.code == .header || error?.code == .notAge)
    case "armor failure": #expect(error?.code == .armor || error?.code == .header)
    case "payload failure":
      #expect(error?.code == .payload)
      // A chunk that is marked as the last is held back until it is known to be: less comes out, never anything else.
      if let hash = vector.payloadHash, Hex.encode(SHA256.hash(plain)) != hash {
        #expect(["stream_two_final_chunks", "stream_trailing_garbage"].contains { vector.name.hasPrefix($0) } || plain.isEmpty)
      }
    default: Issue.record("nothing is known of “\(vector.expect)”")
    }
    if vector.expect != "success" { #expect(error != nil) }
  }

  @Test(.enabled(if: !AgeVector.all.isEmpty, isThere), arguments: AgeVector.all.filter { $0.expect == "success" && $0.isArmored })
  func `armor is written as it is read`(vector: AgeVector) throws {
    let text = vector.file.filter { $0 != UInt8(ascii: "\r") }
    let trimmed = String(decoding: text, as: UTF8.self).split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
    #expect(String(decoding: Armor.encode(try Armor.decode(vector.file)), as: UTF8.self).split(separator: "\n") == trimmed)
  }
}
