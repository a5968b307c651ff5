import Crypto
import Primitives
import Testing

/// RSA keys that are made, written and read back here. That other programs verify the signatures is tried where they are used.
@Suite struct RSATests {
  @Test func `a key that was made signs, and reads back from its text`() throws {
    let key = try #require(RSASigner.generate())
    let message = Array("message".utf8)
    let signature = try #require(key.sign(message))
    #expect(signature.count == 256 && key.verify(signature, of: message))
    let pem = try #require(key.pem)
    #expect("\(pem)" == "<redacted>" && pem.reveal().hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    let again = try #require(RSASigner(pem: Array(pem.reveal().utf8)))
    #expect(again.sign(message) == signature)
    #expect(!key.verify(signature, of: Array("massage".utf8)))
    #expect(!key.verify(Array(signature.dropLast()), of: message) && !key.verify([], of: message))
    var changed = signature
    changed[0] ^= 1
    #expect(!key.verify(changed, of: message))
    let other = try #require(RSASigner.generate())
    #expect(!other.verify(signature, of: message))
  }
}
