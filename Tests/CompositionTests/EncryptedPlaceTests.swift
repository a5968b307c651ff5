import Age
import Configuration
import Crypto
import EncryptionLayer
import Glibc
import ObjectStorage
import Testing

@testable import Composition

@Suite struct EncryptedPlaceTests {
  private static let secretKey = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
  private static let publicKey = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

  private func resolver(_ vault: String, _ environment: [String: String] = [:]) throws -> (PlaceResolver, StoreSettings) {
    let text = "stores:\n  inside: {type: memory}\n  vault: \(vault)\n"
    let settings = try SettingsLoader.parse(Array(text.utf8), file: "isobar.yaml", folder: "/conf", environment: environment)
    return (PlaceResolver(settings: settings), try #require(settings.store(named: "vault")))
  }

  @Test func `an encrypted store lies over the other and keeps what it is given`() async throws {
    let (places, _) = try resolver(
      "{type: encrypt, over: \"inside:box\", identity: \"${KEY}\", names: encrypted}", ["KEY": Self.secretKey])
    guard case .layered(let place) = try places.place(.parse("vault:sub")), case .encrypted(let options) = place.form else {
      Issue.record("it is no encrypted place")
      return
    }
    #expect(options.names == .encrypted)
    let runtime = Runtime()
    let opened = try StoreBuilder(runtime: runtime).open(.layered(place))
    let key = try ObjectKey("a.txt")
    _ = try await opened.store.write(.bytes([1, 2, 3]), to: key, WriteOptions())
    #expect(try await opened.store.readBytes(key, limit: 9) == [1, 2, 3])
    #expect(opened.identity.displayName.contains("encrypted") && !opened.identity.listsSizes)
    let report = try await #require(opened.keyRotation(width: 2)).run()
    #expect(report.current == 1 && report.rotated == 0 && report.failures.isEmpty)
    await runtime.shutdown()
  }

  @Test func `a pair of a place and of what lies over it, or inside it, is refused`() throws {
    let scratch = Scratch()
    let outer = scratch.folder("outer")
    let text = """
      stores:
        inside: {type: local, path: \(outer)}
        vault: {type: encrypt, over: "inside:vault", identity: "\(Self.secretKey)"}
      """
    let settings = try SettingsLoader.parse(Array(text.utf8), file: "isobar.yaml", folder: "/conf", environment: [:])
    let places = PlaceResolver(settings: settings)
    func open(_ end: String) throws -> OpenStore {
      try StoreBuilder(runtime: Runtime()).open(try places.place(.parse(end), creating: true))
    }
    for (left, right) in [(outer, "vault:"), ("vault:", "inside:vault"), ("vault:a", "vault:"), ("\(outer)/vault/x", "vault:")] {
      #expect(throws: StorageError.self, "\(left) and \(right)") { try PairOpener.refuseOverlap(open(left), open(right)) }
    }
    for (left, right) in [("vault:a", "vault:b"), ("inside:other", "vault:")] {
      #expect(throws: Never.self, "\(left) and \(right)") { try PairOpener.refuseOverlap(open(left), open(right)) }
    }
  }

  @Test func `for whom a store is encrypted is known without a request`() throws {
    let (places, store) = try resolver("{type: encrypt, over: inside, identity: \"${KEY}\"}", ["KEY": Self.secretKey])
    #expect(try places.encryptionSummary(of: store).recipients == [Self.publicKey])
    let (others, passphrase) = try resolver("{type: encrypt, over: inside, passphrase: x}")
    #expect(try others.encryptionSummary(of: passphrase).recipients == [])
  }

  @Test(arguments: [
    ("{type: encrypt, over: inside, identity: AGE-SECRET-KEY-1WRONG}", "stores.vault.identity"),
    ("{type: encrypt, over: inside, identity: \"file:/not/there\"}", "stores.vault.identity"),
    ("{type: encrypt, over: inside, identity: \"\(secretKey)\", recipients: [age1wrong]}", "stores.vault.recipients"),
    (
      "{type: encrypt, over: inside, identity: \"\(secretKey)\", recipients: [age1gj20mjl69z4qus6nkgp0gqhx4am42xt2t9sqgulrlfq4g5c5e45qkjmsxe]}",
      "could not be read back"
    ),
  ])
  func `a key that cannot be used is told with its place, and not shown`(vault: String, part: String) throws {
    let (places, store) = try resolver(vault)
    #expect { try places.encryptionSummary(of: store) } throws: { error in
      "\(error)".contains(part) && !"\(error)".contains("WRONG") && !"\(error)".contains("GFPYY")
    }
  }
}
