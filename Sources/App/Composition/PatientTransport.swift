import HTTPClient
import HTTPMessages

/// Gives requests the patience of the configuration, where they do not ask for less of their own.
struct PatientTransport: HTTPTransport {
  private let base: any HTTPTransport
  private let connect: Duration
  private let stall: Duration

  init(_ base: any HTTPTransport, connect: Duration, stall: Duration) {
    self.base = base
    self.connect = connect
    self.stall = stall
  }

  func send(_ request: HTTPRequest, into sink: HTTPSink) async throws -> HTTPResponse {
    var request = request
    let standard = Patience()
    // A request that names its own (the metadata service of a machine that may not exist) knows why.
    if request.patience.connect == standard.connect { request.patience.connect = connect }
    if request.patience.firstByte == standard.firstByte { request.patience.firstByte = stall }
    if request.patience.stall == standard.stall { request.patience.stall = stall }
    return try await base.send(request, into: sink)
  }

  func close() async { await base.close() }
}
