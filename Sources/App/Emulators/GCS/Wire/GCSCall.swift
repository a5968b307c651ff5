import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// A request as far as it is understood without looking at what it is about.
struct GCSCall: Sendable {
  let method: HTTPMethod
  let route: GCSRoute
  let query: GCSQuery
  let headers: HTTPHeaders
  let body: any HTTPRequestBody
  /// Scheme and authority that the client uses, for addresses in answers.
  let base: String
  /// What of an answer's document is asked for; nil: all.
  private let fields: GCSFields?
  /// Whether it came inside of a batch.
  var isInBatch = false

  /// - Throws: `GCSFailure` where the API has nothing of the kind.
  init(_ request: HTTPServerRequest) throws(GCSFailure) {
    method = request.method
    headers = request.headers
    body = request.body
    query = try GCSQuery(request.query ?? "")
    // A front that ends TLS says so.
    let scheme = headers["x-forwarded-proto"] == "https" ? "https" : "http"
    base = "\(scheme)://\(headers["host"] ?? "localhost")"
    guard let route = GCSRoute(path: request.path) else { throw .noPath }
    self.route = route
    if let alt = query["alt"], alt != "json", alt != "media" {
      throw .parameter("alt", "Invalid value '\(alt)'. Values must be json or media.")
    }
    fields = if let fields = query["fields"] { try GCSFields(fields) } else { nil }
  }

  /// The JSON object in the body; an empty one where there is no body.
  func document() async throws -> JSONObject {
    let bytes = try await body.collect(limit: 2 << 20)
    return try Self.document(bytes)
  }

  static func document(_ bytes: [UInt8]) throws(GCSFailure) -> JSONObject {
    guard !bytes.isEmpty else { return JSONObject() }
    switch try? JSONValue.parse(bytes) {
    case .object(let object): return object
    // As Go's library says that there is none.
    case .null: return JSONObject()
    default: throw GCSFailure(400, "parseError", "Parse Error")
    }
  }

  /// An answer with a document, cut to the fields asked for.
  func answer(_ object: JSONObject, status: Int = 200) -> HTTPServerResponse {
    let json = JSONValue.object(object)
    return HTTPServerResponse(
      status, headers: ["Content-Type": "application/json; charset=UTF-8", "Cache-Control": "no-cache, no-store, max-age=0"],
      body: .bytes((fields?.apply(json) ?? json).bytes()))
  }
}

/// A body that is at hand: that of a part of a batch.
final class GCSHeldBody: HTTPRequestBody {
  private let bytes: [UInt8]
  var length: Int64? { Int64(bytes.count) }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into sink: any ByteSink) async throws -> Int64 { try await Pump.move(MemorySource(bytes[...]), to: sink) }
}
