import Age
import Crypto
import Testing

@Suite struct KeyTests {
  // The specification's own example.
  static let secretText = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
  static let publicText = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

  @Test func `a key is spelled as the specification spells it`() throws {
    let identity = try identity(Self.secretText)
    #expect(identity.recipient?.description == Self.publicText)
    #expect(identity.text?.isEqual(to: secret(Self.secretText)) == true)
    #expect(try Recipient(Self.publicText) == identity.recipient)
    #expect(!"\(identity) \(String(reflecting: identity))".contains("SECRET"))
  }

  @Test func `a new key is read as it is written`() throws {
    for _ in 0..<50 {
      let key = Identity.generate()
      let text = try #require(key.text)
      #expect(try text.withBytes { try Identity($0) }.recipient == key.recipient)
      #expect(try Recipient(try #require(key.recipient).description) == key.recipient)
    }
  }

  @Test func `one wrong character is noticed`() {
    let symbols = ascii("qpzry9x8gf2tvdw0s3jn54khce6mua7l")
    for index in 4..<Self.publicText.utf8.count {
      var text = ascii(Self.publicText)
      text[index] = symbols[(symbols.firstIndex(of: text[index])! + 7) % 32]
      #expect(throws: AgeError.self) { try Recipient(String(decoding: text, as: UTF8.self)) }
    }
  }

  @Test(arguments: [
    "", "age", "age1", "age1qqqqqqqqq", publicText.uppercased(), "Age" + publicText.dropFirst(3), publicText + "q", secretText,
    "age1pq1x34nzsvr0rxjsgdn8zgyhfe8j7ceq5r9rdelkjuh3y", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ", "ssh-ed25519",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", "caf\u{e9}1qqqqqq",
  ])
  func `what is no recipient is refused`(text: String) {
    #expect(throws: AgeError.self) { try Recipient(text) }
  }

  @Test func `an error never shows a secret key`() {
    let typo = Self.secretText.dropLast() + "Q"
    #expect { try identity(String(typo)) } throws: { !"\($0)".contains("GFPYY") }
    #expect { try Recipient(Self.secretText) } throws: { !"\($0)".contains("GFPYY") && "\($0)".contains("secret") }
    #expect { try KeyFile.identities(secret("# x\n\n\(typo)\n")) } throws: {
      !"\($0)".contains("GFPYY") && "\($0)".contains("line 3")
    }
    #expect { try KeyFile.recipients(ascii(Self.secretText)) } throws: { !"\($0)".contains("GFPYY") }
  }

  @Test func `files of keys have comments, empty lines and several keys`() throws {
    let file = "# created: today\r\n\n\(Self.secretText)\r\n# public key: age1…\n\(Self.secretText)"
    #expect(try KeyFile.identities(secret(file)).count == 2)
    #expect(try KeyFile.recipients(ascii("#\n\(Self.publicText)\n\n")).map(\.description) == [Self.publicText])
    for text in ["", "\n", "# nothing\n", "nonsense\n", " \(Self.secretText)\n", "age-encryption.org/v1\n"] {
      #expect(throws: AgeError.self) { try KeyFile.identities(secret(text)) }
      #expect(throws: AgeError.self) { try KeyFile.recipients(ascii(text)) }
    }
    let written = try #require(KeyFile.encode(try identity(Self.secretText), created: "2026-01-02T03:04:05Z"))
    #expect(
      written.isEqual(to: secret("# created: 2026-01-02T03:04:05Z\n# public key: \(Self.publicText)\n\(Self.secretText)\n")))
  }
}
