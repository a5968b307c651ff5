import Concurrency
import Glibc
import HTTPClient
import HTTPMessages
import Primitives
import Testing

/// A client on a loop of its own, without a proxy from the environment of whoever runs the tests.
func withClient<T>(_ options: HTTPClientOptions = HTTPClientOptions(proxy: .none), _ body: (CurlTransport) async throws -> T)
  async throws
  -> T
{
  let loop = EventLoop(name: "http-test")
  defer { loop.shutdown() }
  let client = CurlTransport(loop: loop, options: options)
  let result = try await body(client)
  await client.close()
  return result
}

/// The error that `body` throws, which must be one of the client's.
func httpError(_ body: () async throws -> Void) async throws -> HTTPError {
  do {
    try await body()
  } catch let error as HTTPError {
    return error
  }
  throw NoError()
}

struct NoError: Error {}

extension HTTPTransport {
  func get(_ url: String, patience: Patience = Patience(), into sink: HTTPSink = .memory(limit: 1 << 20)) async throws
    -> HTTPResponse
  {
    try await send(HTTPRequest(method: .get, url: url, patience: patience, label: "test"), into: sink)
  }
}

extension HTTPResponse {
  var text: String { String(decoding: body, as: UTF8.self) }
}

func elapsed(_ body: () async throws -> Void) async rethrows -> Duration {
  let start = MonotonicClock.system.now()
  try await body()
  return MonotonicClock.system.now() - start
}

/// Waits, in real time, for what other threads bring about; gives up after a minute.
func eventually(_ condition: () -> Bool) async throws -> Bool {
  for _ in 0..<60_000 {
    if condition() { return true }
    try await Task.sleep(for: .milliseconds(1))
  }
  return condition()
}

struct Broken: Error, Equatable {}

/// A folder that is gone afterwards.
func withScratch<T>(_ body: (String) async throws -> T) async throws -> T {
  var template = Array("/tmp/http-test-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw Broken() }
  let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  defer {
    if let directory = opendir(folder) {
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        unlink("\(folder)/\(name)")
      }
      closedir(directory)
    }
    rmdir(folder)
  }
  return try await body(folder)
}
