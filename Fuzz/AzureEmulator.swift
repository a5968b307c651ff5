import Glibc
import HTTPMessages
import HTTPServer
import Primitives

@testable import Emulators

/// Requests to the Azure emulator, signed as they should be, so that they come as far as they can: a method, a target, fields and a body.
///
/// The first byte chooses the method; lines follow up to an empty one; the rest is the body.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
  guard let request = request(bytes) else { return 0 }
  let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  defer { semaphore.deallocate() }
  sem_init(semaphore, 0, 0)
  let done = Done(semaphore)
  Task {
    await answer(request)
    done.signal()
  }
  while sem_wait(semaphore) != 0 {}
  return 0
}

private let emulator: AzureEmulator = {
  let options = EmulatorOptions(clock: WallClock { Timestamp(seconds: 1_780_000_000) })
  guard let emulator = try? AzureEmulator.open(options) else { fatalError("no emulator") }
  return emulator
}()
private let date = Timestamp(seconds: 1_780_000_000).rfc1123

/// Every answer is one of the service's: nothing but a broken connection or too long a body may be thrown.
private func answer(_ request: HTTPServerRequest) async {
  do {
    let response = try await emulator.respond(to: request)
    precondition((200..<600).contains(response.status) && response.status != 500, "an answer that the service does not give")
    precondition(response.headers["x-ms-request-id"] != nil || request.path.hasSuffix("token"), "an answer without its number")
    response.whenDone?()
  } catch {
    preconditionFailure("\(error)")
  }
}

private func request(_ bytes: [UInt8]) -> HTTPServerRequest? {
  let methods: [HTTPMethod] = [.get, .put, .head, .delete, .post]
  guard let first = bytes.first else { return nil }
  var lines = bytes.dropFirst()[...]
  func line() -> [UInt8]? {
    guard !lines.isEmpty else { return nil }
    let line = lines.prefix { $0 != 10 }
    lines = lines.dropFirst(line.count + 1)
    return Array(line)
  }
  guard let target = line(), target.allSatisfy({ (0x21..<0x7F).contains($0) }) else { return nil }
  var headers = HTTPHeaders()
  while let text = line(), !text.isEmpty {
    let field = String(decoding: text, as: UTF8.self)
    guard let colon = field.firstIndex(of: ":") else { continue }
    try? headers.add(String(field[..<colon]), String(field[field.index(after: colon)...]))
  }
  let body = Body(Array(lines))
  headers.remove("x-ms-date")
  headers.remove("content-length")
  try? headers.add("content-length", String(body.bytes.count))
  try? headers.add("x-ms-date", date)
  if !headers.contains("x-ms-version") { try? headers.add("x-ms-version", "2023-11-03") }
  if !headers.contains("host") { try? headers.add("host", "127.0.0.1:10000") }
  let path = "/devstoreaccount1/" + String(decoding: target, as: UTF8.self)
  var request = HTTPServerRequest(method: methods[Int(first) % methods.count], target: path, headers: headers, body: body)
  let behaviour = emulator.behaviour
  if !headers.contains("authorization"), let query = try? AzureQuery(request.query) {
    let text = AzureSharedKey.stringToSign(
      request, query: query, account: behaviour.account, version: headers["x-ms-version"])
    let signature = AzureSharedKey.signature(text, key: Base64.decode(behaviour.key.reveal()) ?? [])
    try? request.headers.add("authorization", "SharedKey \(behaviour.account):\(Base64.encode(signature))")
  }
  return request
}

private final class Body: HTTPRequestBody {
  let bytes: [UInt8]
  var length: Int64? { Int64(bytes.count) }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into sink: any ByteSink) throws -> Int64 {
    _ = try bytes.withUnsafeBytes { try sink.write($0) }
    return Int64(bytes.count)
  }
}

/// Unchecked: a semaphore is made to be used by several threads.
private struct Done: @unchecked Sendable {
  let semaphore: UnsafeMutablePointer<sem_t>
  init(_ semaphore: UnsafeMutablePointer<sem_t>) { self.semaphore = semaphore }
  func signal() { sem_post(semaphore) }
}
