import CMicroHTTPD
import HTTPMessages

/// What is known of a request before its body comes, checked: what two servers could read in two ways is refused.
struct RequestHead {
  let method: HTTPMethod
  let target: String
  let headers: HTTPHeaders
  /// nil: in chunks.
  let bodyLength: Int64?
  let expectsContinue: Bool

  /// Why a request is not even handed to the handler; its connection is closed.
  struct Refusal: Error {
    let status: Int
  }

  private final class Fields {
    var headers = HTTPHeaders()
    var size = 0
    var isValid = true

    func add(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
      size += name.count + value.count + 4
      guard let name = String(validating: name, as: UTF8.self) else { return isValid = false }
      do { try headers.add(name, String(decoding: value, as: UTF8.self)) } catch { isValid = false }
    }
  }

  static func read(
    _ connection: OpaquePointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>, target: String,
    _ options: HTTPListenerOptions
  ) -> Result<RequestHead, Refusal> {
    let fields = Fields()
    cmhd_headers(
      connection,
      { fields, _, name, nameSize, value, valueSize in
        Unmanaged<Fields>.fromOpaque(fields!).takeUnretainedValue().add(
          UnsafeRawBufferPointer(start: name, count: nameSize), UnsafeRawBufferPointer(start: value, count: valueSize))
        return .YES
      }, Unmanaged.passUnretained(fields).toOpaque())
    do {
      guard target.utf8.count <= options.targetLimit else { throw Refusal(status: 414) }
      guard fields.size <= options.headerLimit else { throw Refusal(status: 431) }
      guard fields.isValid, let method = HTTPMethod(String(cString: method)), let origin = originForm(of: target) else {
        throw Refusal(status: 400)
      }
      let isOld = String(cString: version) == "HTTP/1.0"
      let headers = fields.headers
      guard headers.values(of: "host").count <= 1 else { throw Refusal(status: 400) }
      let length = try bodyLength(headers, isOld: isOld)
      let expectation = headers["expect"].map { $0.lowercased() }
      return .success(
        RequestHead(
          method: method, target: origin, headers: headers, bodyLength: length,
          expectsContinue: expectation == "100-continue" && !isOld && length != 0))
    } catch {
      return .failure(error as? Refusal ?? Refusal(status: 400))
    }
  }

  /// RFC 9112, section 6.3; a message that says its length twice is how requests are smuggled.
  private static func bodyLength(_ headers: HTTPHeaders, isOld: Bool) throws -> Int64? {
    let lengths = headers.values(of: "content-length")
    let codings = headers.values(of: "transfer-encoding")
    guard codings.isEmpty else {
      guard lengths.isEmpty, codings.count == 1, !isOld else { throw Refusal(status: 400) }
      guard codings[0].lowercased() == "chunked" else { throw Refusal(status: 501) }
      return nil
    }
    guard let text = lengths.first else { return 0 }
    guard lengths.count == 1, !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int64(text) else {
      throw Refusal(status: 400)
    }
    return length
  }

  /// The path and query of a target, which may be a whole URL (RFC 9112, section 3.2.2).
  private static func originForm(of target: String) -> String? {
    guard target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
    if target.utf8.first == UInt8(ascii: "/") { return target }
    guard let url = URLParts(parsing: target) else { return nil }
    return url.path + (url.query.map { "?" + $0 } ?? "")
  }
}
