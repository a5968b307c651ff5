import AzureStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// What the tests sign in with, unless they try something else.
enum TestAccount {
  static let name = AzureAccountName("devstoreaccount1")!
  static let keyText = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
  static let key = AzureSharedKey(account: name, key: Secret(keyText))!
  /// `Fri, 20 Nov 2026 10:42:23 GMT`.
  static let now = Timestamp(rfc1123: "Fri, 20 Nov 2026 10:42:23 GMT")!
}

/// A store over a fake transport.
func fakeStore(
  _ transport: any HTTPTransport, credentials: AzureCredentialProvider = AzureCredentialProvider(.sharedKey(TestAccount.key)),
  change: (inout AzureConfiguration) -> Void = { _ in }
) -> AzureStore {
  var configuration = AzureConfiguration(account: TestAccount.name, container: AzureContainerName("photos")!)
  change(&configuration)
  return AzureStore(configuration, transport: transport, credentials: credentials, clock: WallClock { TestAccount.now })
}

/// The error document of the service.
func errorBody(_ code: String, _ message: String = "no") -> String {
  "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>\(code)</Code><Message>\(message)\nRequestId:1\nTime:2</Message></Error>"
}

/// A listing of the service.
func listing(_ content: String, next: String = "") -> String {
  "\u{FEFF}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"https://a/\" ContainerName=\"photos\">"
    + "<Blobs>\(content)</Blobs><NextMarker>\(next)</NextMarker></EnumerationResults>"
}

/// A blob of a listing.
func listed(_ name: String, size: Int = 1, properties: String = "", metadata: String = "") -> String {
  "<Blob><Name>\(name)</Name><Properties><Last-Modified>Fri, 20 Nov 2026 10:42:23 GMT</Last-Modified><Etag>0x8D1</Etag>"
    + "<Content-Length>\(size)</Content-Length>\(properties)</Properties><Metadata>\(metadata)</Metadata></Blob>"
}
