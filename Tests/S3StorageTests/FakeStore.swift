import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives
import S3Storage

/// A store over a fake transport, in a bucket of AWS or at `endpoint`.
func fakeStore(
  _ transport: any HTTPTransport, endpoint: String? = nil, region: String? = "eu-west-1", credentials: CredentialsProvider? = nil,
  change: (inout S3Configuration) -> Void = { _ in }
) throws -> S3Store {
  var configuration = S3Configuration(
    bucket: BucketName("photos")!, endpoint: endpoint.flatMap { HTTPEndpoint(parsing: $0) }, region: region)
  change(&configuration)
  let keys = S3Credentials(accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
  return try S3Store(
    configuration, transport: transport, credentials: credentials ?? CredentialsProvider(keys),
    clock: WallClock { Timestamp(seconds: 1_440_938_160) })
}

/// An `<Error>` document.
func errorBody(_ code: String, _ message: String = "no", extra: String = "") -> [UInt8] {
  Array(
    "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>\(message)</Message>\(extra)<RequestId>r1</RequestId></Error>".utf8)
}
