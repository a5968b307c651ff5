import Emulators
import HTTPMessages
import HTTPServer
import Primitives
import Testing

/// Blobs of the emulator of Azure Blob Storage: what clients of others never ask, or cannot see.
@Suite struct AzureBlobTests {
  @Test func `a blob is what was put`() async throws {
    let client = try AzureTestClient()
    #expect(try await client.send(.put, "/con?restype=container").outcome == "201")
    let made = try await client.put("/con/b", "hello")
    #expect(made.outcome == "201")
    #expect(made.etag.hasPrefix("\"0x8D"))
    let got = try await client.get("/con/b")
    #expect(got.text == "hello")
    #expect(got.etag == made.etag)
  }
}
