import GCSStorage
import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// A store over a fake transport.
func fakeStore(
  _ transport: any HTTPTransport, tokens: GCSTokenProvider = GCSTokenProvider(AccessToken(Secret("token-1"))),
  change: (inout GCSConfiguration) -> Void = { _ in }
) -> GCSStore {
  var configuration = GCSConfiguration(bucket: GCSBucketName("photos")!)
  change(&configuration)
  return GCSStore(configuration, transport: transport, tokens: tokens)
}

/// The error document of the service.
func errorBody(_ reason: String, _ message: String = "no") -> String {
  #"{"error": {"code": 1, "message": "\#(message)", "errors": [{"reason": "\#(reason)", "message": "\#(message)"}]}}"#
}

/// An object of the service.
func objectBody(_ name: String, size: Int, generation: String = "7", crc32c: String? = nil) -> String {
  #"{"name": "\#(name)", "size": "\#(size)", "generation": "\#(generation)", "metageneration": "1""#
    + (crc32c.map { #", "crc32c": "\#($0)""# } ?? "") + "}"
}
