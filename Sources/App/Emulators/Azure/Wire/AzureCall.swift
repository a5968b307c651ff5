import HTTPMessages
import HTTPServer
import Primitives

/// One request, taken apart.
struct AzureCall {
  let request: HTTPServerRequest
  let address: AzureAddress
  let query: AzureQuery
  let now: Timestamp
  /// What the caller may do; found out before anything is looked at.
  var grant: AzureGrant

  /// A header's value; nil if it is missing or empty.
  subscript(name: String) -> String? {
    guard let value = request.headers[name], !value.isEmpty else { return nil }
    return value
  }

  var method: HTTPMethod { request.method }

  /// `comp`, in lower case; empty without one.
  var component: String { query["comp"]?.lowercased() ?? "" }

  /// `restype`, in lower case; empty without one.
  var resourceType: String { query["restype"]?.lowercased() ?? "" }

  /// A header that is `true` or `false`.
  func flag(_ name: String) throws(AzureFault) -> Bool {
    switch self[name]?.lowercased() {
    case nil, "false": return false
    case "true": return true
    default: throw .invalidHeader(name, self[name] ?? "")
    }
  }

  /// A header that is a number from zero up.
  func number(_ name: String) throws(AzureFault) -> Int64? {
    guard let text = self[name] else { return nil }
    guard let value = Int64(text), value >= 0 else { throw .invalidHeader(name, text) }
    return value
  }

  /// How long the body is.
  /// - Throws: `MissingContentLengthHeader` where the client does not say.
  func contentLength() throws(AzureFault) -> Int64 {
    guard let text = request.headers["content-length"] else { throw .missingContentLength }
    guard let length = Int64(text), length >= 0 else { throw .invalidHeader("Content-Length", text) }
    return length
  }

  /// The time of the snapshot that the request is about; nil for the blob itself.
  var snapshot: String? { query["snapshot"].flatMap { $0.isEmpty ? nil : $0 } }

  /// How many entries of a listing are asked for.
  func maxResults() throws(AzureFault) -> Int {
    guard let text = query["maxresults"] else { return 5000 }
    guard let count = Int(text) else { throw .invalidQuery("maxresults", text, "Not a number.") }
    guard count > 0 else { throw .outOfRangeQuery("maxresults", text, allowed: 1...5000) }
    return min(count, 5000)
  }

  /// What `include` names, in lower case.
  var included: Set<String> {
    Set((query["include"] ?? "").split(separator: ",").map { $0.lowercased() })
  }
}
