import Age
import Crypto
import Files
import Primitives
import Testing

/// Against the `age` program, in both directions.
@Suite struct InteroperationTests {
  static let isThere = shell("age --version && age-keygen --version") == 0
  static let reason = Comment("skipped: there is no age program")

  private let folder = Folder()

  @Test(.enabled(if: isThere, reason), arguments: [0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 1_000_000])
  func `what one side encrypts the other decrypts`(size: Int) async throws {
    var random = SeededRandom(seed: UInt64(size))
    let plain = bytes(size, &random)
    let ours = Identity.generate()
    folder.write(try #require(KeyFile.encode(ours, created: nil)).withBytes { Array($0) }, to: "ours.key")
    #expect(shell("cd \(folder.path) && age-keygen -o theirs.key 2>/dev/null && age-keygen -y theirs.key > theirs.pub") == 0)
    let theirs = try KeyFile.identities(SecretBytes(copying: try #require(folder.read("theirs.key"))))
    let recipients = try KeyFile.recipients(try #require(folder.read("theirs.pub")))
    #expect(theirs.map(\.recipient) == recipients)

    folder.write(plain, to: "plain")
    let both = [try #require(ours.recipient)] + recipients
    folder.write(try SealedFile.encrypt(plain, for: both), to: "sealed")
    for key in ["ours.key", "theirs.key"] {
      #expect(shell("cd \(folder.path) && age -d -i \(key) sealed > opened && cmp opened plain") == 0)
    }
    #expect(shell("cd \(folder.path) && age -R theirs.pub -r \(both[0]) -o sealed2 plain") == 0)
    let sealed = try #require(folder.read("sealed2"))
    #expect(try await FileDecryptor.decrypt(sealed, [ours]) == plain)
    #expect(try await FileDecryptor.decrypt(sealed, theirs) == plain)
    #expect(shell("cd \(folder.path) && age -a -R theirs.pub -o armored plain") == 0)
    #expect(try await FileDecryptor.decrypt(Armor.decode(try #require(folder.read("armored"))), theirs) == plain)
  }

  @Test(.enabled(if: isThere, reason)) func `age ignores a stanza that it does not know`() throws {
    let ours = Identity.generate()
    folder.write(try #require(KeyFile.encode(ours, created: nil)).withBytes { Array($0) }, to: "ours.key")
    for size in [0, 47, 48, 49, 96, 200] {
      let file = try SealedFile(plainLength: 4, recipients: [try #require(ours.recipient)]) { _ in
        [Stanza("isobar.test/info", ["1"], body: [UInt8](repeating: 9, count: size))]
      }
      folder.write(try collect(file.source(0..<file.length) { _ in MemorySource(ascii("abc\n")[...]) }), to: "sealed")
      #expect(shell("cd \(folder.path) && [ \"$(age -d -i ours.key sealed)\" = abc ]") == 0)
    }
  }

  @Test(.enabled(if: isThere && shell("ssh-keygen -? 2>&1 | grep -q usage") == 0, reason))
  func `SSH keys of the kind ed25519 work on both sides`() async throws {
    #expect(shell("cd \(folder.path) && ssh-keygen -q -t ed25519 -N '' -C 'ada of the tests' -f ssh") == 0)
    let theirs = try KeyFile.identities(SecretBytes(copying: try #require(folder.read("ssh"))))
    let recipients = try KeyFile.recipients(try #require(folder.read("ssh.pub")))
    #expect(theirs.map(\.recipient) == recipients)
    folder.write(try SealedFile.encrypt(ascii("abc\n"), for: recipients), to: "sealed")
    #expect(shell("cd \(folder.path) && [ \"$(age -d -i ssh sealed)\" = abc ]") == 0)
    #expect(shell("cd \(folder.path) && echo abc | age -R ssh.pub -o sealed2") == 0)
    #expect(try await FileDecryptor.decrypt(try #require(folder.read("sealed2")), theirs) == ascii("abc\n"))
    #expect(shell("cd \(folder.path) && ssh-keygen -q -t ed25519 -N 'secret' -f locked") == 0)
    #expect { try KeyFile.identities(SecretBytes(copying: try #require(folder.read("locked")))) } throws: {
      ($0 as? AgeError)?.code == .unsupported
    }
  }
}
