import HTTPClient
import HTTPMessages
import Testing

@Suite struct HTTPHeadersTests {
  @Test func `names are found whatever their case and order is kept`() throws {
    var headers = HTTPHeaders()
    try headers.add("Content-Type", "a")
    try headers.add("X-Two", "1")
    try headers.add("x-two", "2")
    #expect(headers["content-TYPE"] == "a")
    #expect(headers["X-TWO"] == "1")
    #expect(headers.values(of: "X-Two") == ["1", "2"])
    #expect(headers.map(\.name) == ["Content-Type", "X-Two", "x-two"])
    try headers.set("X-two", "3")
    #expect(headers.values(of: "x-two") == ["3"])
    headers.remove("CONTENT-TYPE")
    #expect(headers.count == 1)
  }

  @Test(arguments: ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "\n"])
  func `a value cannot end its line`(_ value: String) throws {
    var headers = HTTPHeaders()
    do {
      try headers.add("X-Name", value)
      Issue.record("accepted")
    } catch let error as HTTPError {
      #expect(error.code == .invalidHeader)
      #expect(!error.description.contains("Evil"))
    }
    #expect(headers.count == 0)
  }

  @Test(arguments: ["", "a b", "a:", "a\r\n", "é", "a\0", "(x)"])
  func `a name is a token`(_ name: String) {
    var headers = HTTPHeaders()
    #expect(throws: HTTPError.self) { try headers.add(name, "x") }
    #expect(HTTPMethod(name) == nil)
  }
}

@Suite struct HTTPEndpointTests {
  @Test(
    arguments: [
      ("http://host", "host", 80, "host"), ("https://Host.Example:443/", "host.example", 443, "host.example"),
      ("HTTPS://h:8443", "h", 8443, "h:8443"), ("http://127.0.0.1:9000", "127.0.0.1", 9000, "127.0.0.1:9000"),
      ("http://[::1]:9000/", "::1", 9000, "[::1]:9000"), ("http://[2001:db8::1]", "2001:db8::1", 80, "[2001:db8::1]"),
      ("http://a_b-c.d", "a_b-c.d", 80, "a_b-c.d"),
    ])
  func `a server's address is taken apart`(_ text: String, _ host: String, _ port: Int, _ authority: String) throws {
    let endpoint = try #require(HTTPEndpoint(parsing: text))
    #expect(endpoint.host == host)
    #expect(endpoint.port == port)
    #expect(endpoint.authority == authority)
  }

  @Test(
    arguments: [
      "", "host", "ftp://host", "http:host", "http:///", "http://", "http://host/path", "http://host?x", "http://host:0",
      "http://host:65536",
      "http://host:", "http://host:8x", "http://::1", "http://[::1", "http://[]", "http://[host]", "http://u@host", "http://ho st",
      "http://h\u{e9}", "http://host#f", "http://.host", "http://host:-1", "http://a\\b",
    ])
  func `what is not a server's address is refused`(_ text: String) {
    #expect(HTTPEndpoint(parsing: text) == nil)
  }

  @Test func `path and query stay as they are written`() throws {
    let parts = try #require(URLParts(parsing: "https://h:1/a%2Fb/../c?x=%20&y"))
    #expect(parts.path == "/a%2Fb/../c")
    #expect(parts.query == "x=%20&y")
    #expect(parts.endpoint.description == "https://h:1")
    #expect(URLParts(parsing: "http://h?q")?.path == "/")
    #expect(URLParts(parsing: "http://h?q")?.query == "q")
    #expect(URLParts(parsing: "http://h/")?.query == nil)
  }
}
