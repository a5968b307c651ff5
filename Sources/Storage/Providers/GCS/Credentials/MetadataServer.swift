import HTTPClient
import HTTPMessages
import ObjectStorage
import Primitives

/// The server that machines at Google can ask who they are.
struct MetadataServer: Sendable {
  let transport: any HTTPTransport
  /// Instead of its usual address: `host` or `host:port`.
  let host: String?
  let clock: WallClock

  /// A token of the machine's service account; nil where there is no such server.
  func token() async throws -> AccessToken? {
    let host = host ?? "169.254.169.254"
    guard HTTPEndpoint(parsing: "http://\(host)") != nil else { throw failure("GCE_METADATA_HOST is no address") }
    let request = HTTPRequest(
      method: .get, url: "http://\(host)/computeMetadata/v1/instance/service-accounts/default/token",
      headers: ["metadata-flavor": "Google"],
      patience: Patience(connect: .seconds(1), total: .seconds(self.host == nil ? 3 : 10)), label: "instance metadata")
    let response: HTTPResponse
    do { response = try await transport.send(request, into: .memory(limit: 64 << 10)) } catch let error as HTTPError {
      if error.code == .cancelled { throw CancellationError() }
      // Not on such a machine: nobody answers. One that was named must.
      if self.host == nil { return nil }
      throw failure("the metadata server of GCE_METADATA_HOST does not answer: \(error.message)", retry: .later)
    }
    // Something else may sit at the address.
    guard response.headers["metadata-flavor"] == "Google" else {
      if self.host == nil { return nil }
      throw failure("the server of GCE_METADATA_HOST is no metadata server")
    }
    guard response.isSuccess, let token = TokenExchange.token(response.body, now: clock.now()) else {
      throw failure(
        response.status == 404
          ? "the machine has no service account: give it one, or give a key file"
          : "the metadata server gives no token (status \(response.status))",
        retry: response.status >= 500 || response.status == 429 ? .later : .never)
    }
    return token
  }

  private func failure(_ message: String, retry: StorageError.Retry = .never) -> StorageError {
    StorageError(.unauthenticated, retry: retry, store: "credentials", message: message)
  }
}
