import HTTPMessages

/// Nothing makes the URL parser crash, and what it takes is safe to put into a request line and a Host header.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  guard let url = URLParts(parsing: text) else {
    precondition(HTTPEndpoint(parsing: text) == nil, "an endpoint that is no URL")
    return 0
  }
  precondition((1...65535).contains(url.endpoint.port))
  for part in [url.endpoint.authority, url.endpoint.hostAndPort, url.path, url.query ?? ""] {
    precondition(part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a byte that would break a request line")
  }
  precondition(url.path.utf8.first == UInt8(ascii: "/"), "a path without its slash")
  precondition(!url.path.utf8.contains(UInt8(ascii: "?")))
  precondition(!url.endpoint.host.utf8.contains(UInt8(ascii: "@")), "a user name in the host")
  precondition(HTTPEndpoint(parsing: url.endpoint.description) == url.endpoint, "an endpoint that does not read back")
  let again = url.endpoint.description + url.path + (url.query.map { "?\($0)" } ?? "")
  precondition(URLParts(parsing: again) == url, "a URL that does not read back")
  return 0
}
