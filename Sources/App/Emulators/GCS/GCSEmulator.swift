public import HTTPMessages
public import HTTPServer
public import Primitives
import Files
import Markup
import SQL

/// Google Cloud Storage's JSON API (version 1) in this process, as strict as the service: every precondition is compared in the step that
/// changes something, checksums are compared before an object appears, uploads keep to their protocol, and tokens are real ones with an
/// end, given for keys that are verified.
///
/// Written from Google's documentation. What it does not have is answered 404 or 501: access control lists, IAM policies, notifications,
/// keys of customers, soft-deleted objects, the XML API.
public final class GCSEmulator: Emulator {
  public static let kind = EmulatorKind.gcs

  let depot: EmulatorDepot
  let clock: WallClock
  let accounts: GCSAccounts
  let settings: GCSEmulatorSettings

  public convenience init(_ options: EmulatorOptions, depot: EmulatorDepot) throws {
    self.init(options, depot: depot, settings: GCSEmulatorSettings())
  }

  /// An emulator over what `depot` holds.
  public init(_ options: EmulatorOptions, depot: EmulatorDepot, settings: GCSEmulatorSettings) {
    self.depot = depot
    self.settings = settings
    clock = options.clock
    accounts = GCSAccounts(settings.access, permissions: settings.permissions, clock: options.clock, depot: depot)
    sweepUploads()
  }

  /// An emulator that keeps what `options` say.
  /// - Throws: as `EmulatorDepot.open`.
  public convenience init(_ options: EmulatorOptions = EmulatorOptions(), settings: GCSEmulatorSettings) throws {
    self.init(options, depot: try .open(.gcs, options), settings: settings)
  }

  /// Makes every token invalid that was given out.
  public func revokeTokens() { accounts.revokeAll() }

  /// The file of the emulator's service account: JSON with a private key of 2048 bits, made when first asked for.
  /// - Parameter endpoint: where the emulator listens, for the addresses in the file.
  public func serviceAccountFile(at endpoint: HTTPEndpoint) throws -> Secret {
    Secret(String(decoding: JSONValue.object(try accounts.serviceAccount(at: endpoint.description)).bytes(.pretty), as: UTF8.self))
  }

  /// The file of a login, as gcloud leaves it.
  public func loginFile(at endpoint: HTTPEndpoint) throws -> Secret {
    Secret(String(decoding: JSONValue.object(try accounts.login(at: endpoint.description)).bytes(.pretty), as: UTF8.self))
  }

  /// The file of a workload's identity, and the token that belongs at `tokenFile`.
  /// - Parameter isImpersonating: whether it borrows a service account with what it got.
  public func workloadFile(
    at endpoint: HTTPEndpoint, tokenFile: String, isImpersonating: Bool = false
  ) throws -> (file: Secret, token: Secret) {
    let file = try accounts.workload(at: endpoint.description, tokenFile: tokenFile, isImpersonating: isImpersonating)
    return (
      Secret(String(decoding: JSONValue.object(file).bytes(.pretty), as: UTF8.self)), Secret(try accounts.current().subjectToken)
    )
  }

  public func environment(at endpoint: HTTPEndpoint) -> [EmulatorSetting] {
    [EmulatorSetting("STORAGE_EMULATOR_HOST", endpoint.description), EmulatorSetting("GOOGLE_CLOUD_PROJECT", GCSAccounts.project)]
  }

  public func refusal(status: Int, retryAfter: Int?) -> HTTPServerResponse {
    let failure =
      switch status {
      case 429: GCSFailure(429, "rateLimitExceeded", "The rate of requests exceeds the limit.")
      case 401: GCSFailure.credentials
      default:
        GCSFailure(status, status == 503 ? "backendError" : "internalError", "We encountered an internal error. Please try again.")
      }
    var response = failure.response
    if let retryAfter { try? response.headers.set("Retry-After", String(retryAfter)) }
    return response
  }

  public func close() async { depot.close() }

  public func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse {
    do {
      return try await answer(try GCSCall(request))
    } catch let failure as GCSFailure {
      return failure.response
    } catch let error as BodyTooLong {
      return GCSFailure(413, "uploadTooLarge", "\(error)").response
    } catch is FileError {
      return refusal(status: 503, retryAfter: nil)
    } catch is SQLError {
      return refusal(status: 503, retryAfter: nil)
    }
  }

  /// Answers one request, also one of a batch.
  func answer(_ call: GCSCall) async throws -> HTTPServerResponse {
    if case .access(let route) = call.route { return try await answer(route, call) }
    // The address of an upload under way is a secret of its own: no token is asked for.
    if case .uploads(let bucket) = call.route, let id = call.query["upload_id"] {
      return try await continueUpload(id, bucket, call)
    }
    try accounts.authorize(call.headers)
    switch (call.route, call.method) {
    case (.buckets, .post): return try await insertBucket(call)
    case (.buckets, .get): return try listBuckets(call)
    case (.bucket(let name), .get): return try getBucket(name, call)
    case (.bucket(let name), .patch), (.bucket(let name), .put): return try await patchBucket(name, call)
    case (.bucket(let name), .delete): return try deleteBucket(name, call)
    case (.permissions(let bucket), .get): return try testPermissions(bucket, call)
    case (.layout(let bucket), .get): return try bucketLayout(bucket, call)
    case (.objects(let bucket), .get): return try listObjects(bucket, call)
    case (.objects, .post):
      throw GCSFailure(
        400, "wrongUrlForUpload",
        "Upload requests must include an uploadType URL parameter and a URL path beginning with /upload/")
    case (.uploads(let bucket), .post): return try await insertObject(bucket, call)
    case (.object(let place), .get):
      return call.query["alt"] == "media" ? try await readObject(place, call) : try getObject(place, call)
    case (.object(let place), .patch): return try await changeObject(place, call, isPatch: true)
    case (.object(let place), .put): return try await changeObject(place, call, isPatch: false)
    case (.object(let place), .delete): return try deleteObject(place, call)
    case (.compose(let place), .post): return try await composeObject(place, call)
    case (.rewrite(let source, let target), .post): return try await rewriteObject(source, to: target, call)
    case (.copy(let source, let target), .post): return try await copyObject(source, to: target, call)
    case (.batch, .post): return try await answerBatch(call)
    default: throw GCSFailure(405, "methodNotAllowed", "The specified method is not allowed against this resource.")
    }
  }
}
