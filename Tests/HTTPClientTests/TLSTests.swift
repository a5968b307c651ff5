import Concurrency
import Glibc
import HTTPClient
import HTTPMessages
import Primitives
import StoreTesting
import Testing

/// Needs the `openssl` command, which makes the certificates and serves.
@Suite(.enabled(if: access("/usr/bin/openssl", X_OK) == 0, "skipped: no openssl command"))
struct TLSTests {
  @Test func `a server is trusted by its authority and by nothing else`() async throws {
    try await withScratch { folder in
      try makeCertificates(in: folder)
      let port = freePort()
      let server = try start(
        "/usr/bin/openssl", "s_server -quiet -accept 127.0.0.1:\(port) -cert server.pem -key server.key -www".words, in: folder)
      defer {
        kill(server, SIGKILL)
        waitpid(server, nil, 0)
      }
      let ready = try await eventually { canConnect(port) }
      #expect(ready)
      let named = "https://localhost:\(port)/"

      try await withClient(HTTPClientOptions(caFile: "\(folder)/ca.pem", proxy: .none)) { client in
        let response = try await client.get(named)
        #expect(response.status == 200)
        #expect(response.bodyLength > 0)
        // The certificate is for a name, not for this address.
        let error = try await httpError { _ = try await client.get("https://127.0.0.1:\(port)/") }
        #expect(error.code == .tlsFailed)
        #expect(!error.requestMayHaveBeenSent)
      }
      try await withClient { client in
        let error = try await httpError { _ = try await client.get(named) }
        #expect(error.code == .tlsFailed)
        #expect(error.message.contains("certificate"))
        #expect(!error.requestMayHaveBeenSent)
      }
      try await withClient(HTTPClientOptions(verification: .insecure, proxy: .none)) { client in
        let status = try await client.get("https://127.0.0.1:\(port)/").status
        #expect(status == 200)
      }
      try await withClient(HTTPClientOptions(caFile: "\(folder)/missing.pem", proxy: .none)) { client in
        let error = try await httpError { _ = try await client.get(named) }
        #expect(error.code == .tlsFailed)
      }
    }
  }

  @Test func `a server that asks for a certificate gets ours`() async throws {
    try await withScratch { folder in
      try makeCertificates(in: folder)
      let port = freePort()
      let server = try start(
        "/usr/bin/openssl",
        "s_server -quiet -accept 127.0.0.1:\(port) -cert server.pem -key server.key -CAfile ca.pem -Verify 1 -verify_return_error -www"
          .words,
        in: folder)
      defer {
        kill(server, SIGKILL)
        waitpid(server, nil, 0)
      }
      let ready = try await eventually { canConnect(port) }
      #expect(ready)
      var options = HTTPClientOptions(caFile: "\(folder)/ca.pem", proxy: .none)
      try await withClient(options) { client in
        let error = try await httpError { _ = try await client.get("https://localhost:\(port)/") }
        #expect([.tlsFailed, .connectionReset].contains(error.code))
      }
      options.clientCertificate = .init(certificateFile: "\(folder)/server.pem", keyFile: "\(folder)/server.key")
      try await withClient(options) { client in
        let status = try await client.get("https://localhost:\(port)/").status
        #expect(status == 200)
      }
    }
  }

  @Test func `a server without TLS is not spoken to over https`() async throws {
    let server = RawServer { connection in
      _ = connection.receive()
      connection.answer()
    }
    defer { server.stop() }
    try await withClient { client in
      let error = try await httpError { _ = try await client.get("https://127.0.0.1:\(server.port)/") }
      #expect(error.code == .tlsFailed)
    }
  }
}

@Suite struct ProxyTests {
  @Test func `an explicit proxy gets the whole address`() async throws {
    let proxy = RawServer { connection in
      while let head = connection.readHead() { connection.answer("200 OK", String(head.split(separator: "\r\n")[0])) }
    }
    defer { proxy.stop() }
    try await withClient(HTTPClientOptions(proxy: .url("http://127.0.0.1:\(proxy.port)"))) { client in
      let line = try await client.get("http://bucket.invalid/key%20x").text
      #expect(line == "GET http://bucket.invalid/key%20x HTTP/1.1")
    }
  }

  @Test func `a proxy that refuses the tunnel is a proxy failure`() async throws {
    let proxy = RawServer { connection in
      guard connection.readHead() != nil else { return }
      connection.answer("407 Proxy Authentication Required")
    }
    defer { proxy.stop() }
    try await withClient(HTTPClientOptions(proxy: .url("http://127.0.0.1:\(proxy.port)"))) { client in
      let error = try await httpError { _ = try await client.get("https://bucket.invalid/") }
      #expect(error.code == .proxyFailed)
      #expect(!error.requestMayHaveBeenSent)
    }
  }
}

extension String {
  fileprivate var words: [String] { split(separator: " ").map(String.init) }
}

/// An authority and a server's certificate for `localhost` that it has signed.
private func makeCertificates(in folder: String) throws {
  try openssl(
    in: folder,
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem")
  try openssl(
    in: folder,
    "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout server.key -out server.csr"
  )
  try openssl(
    in: folder,
    "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -copy_extensions copy -out server.pem")
}

private func openssl(in folder: String, _ arguments: String) throws {
  let process = try start("/usr/bin/openssl", arguments.words, in: folder)
  var status: Int32 = 0
  waitpid(process, &status, 0)
  guard status == 0 else { throw Broken() }
}

private func start(_ program: String, _ arguments: [String], in folder: String) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for descriptor: Int32 in 0...2 { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0) }
  // Changing folder in the child needs a shell or an extension: names are made absolute instead.
  let files = ["ca.key", "ca.pem", "server.key", "server.csr", "server.pem"]
  let full = [program] + arguments.map { files.contains($0) ? "\(folder)/\($0)" : $0 }
  var pointers = full.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  var process = pid_t()
  guard posix_spawn(&process, program, &actions, nil, &pointers, environ) == 0 else { throw Broken() }
  return process
}

private func withAddress<T>(_ port: Int, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> T) -> T {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(port).bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
  }
}

private func canConnect(_ port: Int) -> Bool {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  return withAddress(port) { connect(descriptor, $0, $1) } == 0
}

private func freePort() -> Int {
  let server = RawServer { _ in }
  defer { server.stop() }
  return server.port
}
