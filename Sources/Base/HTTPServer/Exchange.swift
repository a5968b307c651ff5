import CMicroHTTPD
import Concurrency
import Glibc
import HTTPMessages
import Primitives

/// One request and its answer. Everything belongs to the loop's thread.
///
/// The daemon calls `advance` whenever it can go on: with the head, with each piece of the body, at the body's end. Where it is our turn,
/// the connection is suspended, and resumed when there is something to say.
final class Exchange: @unchecked Sendable {
  enum Phase {
    /// The head is there. A client that waits for `100 Continue` gets it when this phase ends without an answer.
    case head
    case body
    /// All of the request is there.
    case complete
    case answering
    case over
  }

  let core: ServerCore
  let connection: OpaquePointer
  let target: String
  var phase = Phase.head
  private(set) var isSuspended = false
  /// The connection is to be closed without a word.
  private(set) var isBroken = false
  private var task: Task<Void, Never>?
  private var isStarted = false
  /// What the handler said and the daemon has not been told.
  private var answer: HTTPServerResponse?
  /// Called when the answer has gone out.
  var whenAnswered: (@Sendable () -> Void)?
  private var expectsContinue = false
  /// Bytes of body that are still to come; nil: chunks.
  var bodyLength: Int64? = 0
  /// Who reads the body now.
  var reader: Reader?
  /// What of the body was thrown away.
  private var discarded: Int64 = 0
  let watch = ClientWatch()

  init(core: ServerCore, connection: OpaquePointer, target: String) {
    self.core = core
    self.connection = connection
    self.target = target
  }

  // MARK: What the daemon calls

  /// The daemon can go on.
  /// - Parameter bytes: a piece of the body; empty at the head and at the end.
  /// - Returns: nil to break the connection off, else how many bytes were taken.
  func advance(_ bytes: UnsafeRawBufferPointer, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>) -> Int? {
    if isBroken { return nil }
    switch phase {
    case .head: return isStarted ? leaveHead() : start(method, version)
    case .body where bytes.isEmpty:
      phase = .complete
      endReading(.success(()))
      return waitForAnswer()
    case .body: return take(bytes)
    case .complete: return waitForAnswer()
    case .answering, .over: return 0
    }
  }

  private func start(_ method: UnsafePointer<CChar>, _ version: UnsafePointer<CChar>) -> Int? {
    isStarted = true
    switch RequestHead.read(connection, method: method, version: version, target: target, core.options) {
    case .failure(let refusal):
      var headers = HTTPHeaders()
      try? headers.add("Connection", "close")
      return send(HTTPServerResponse(refusal.status, headers: headers)) ? 0 : nil
    case .success(let head):
      bodyLength = head.bodyLength
      expectsContinue = head.expectsContinue
      let body = IncomingBody(self, length: head.bodyLength)
      run(HTTPServerRequest(method: head.method, target: head.target, headers: head.headers, body: body))
      return leaveHead()
    }
  }

  private func run(_ request: HTTPServerRequest) {
    core.began(self)
    let (core, loop) = (core, core.loop)
    task = Task(executorPreference: loop) { [self] in
      let result: Result<HTTPServerResponse, any Error>
      do { result = .success(try await core.handler.respond(to: request)) } catch { result = .failure(error) }
      let end: @Sendable () -> Void = {
        self.finish(result)
        core.handlerEnded()
      }
      // Once the loop has ended there is no connection left to answer on.
      if loop.isCurrent { end() } else if !loop.execute(end) { try? result.get().whenDone?() }
    }
  }

  /// The handler is done.
  private func finish(_ result: Result<HTTPServerResponse, any Error>) {
    let isCancelled = task?.isCancelled ?? false
    task = nil
    endReading(.failure(CancellationError()))
    switch result {
    case .success(let answer) where phase == .over: answer.whenDone?()
    case .success(let answer): self.answer = answer
    case .failure(is HTTPDisconnect): isBroken = true
    case .failure(is CancellationError) where isCancelled: isBroken = true
    case .failure: answer = HTTPServerResponse(500)
    }
    // Where the daemon waits for the client, it would wait on: it looks again when the connection ends.
    if isBroken, !isSuspended, phase == .body { shutdown(cmhd_socket(connection), Int32(SHUT_RDWR)) }
    resume()
  }

  /// Whether a body is still to come that nobody wants, and that is short enough to be waited for.
  private var isWorthDraining: Bool { !expectsContinue && (bodyLength ?? 0) <= core.options.unreadBodyLimit }

  /// An answer that is given before the daemon has the whole request closes the connection behind it.
  private func leaveHead() -> Int? {
    if bodyLength == 0 {
      phase = .body
      return 0
    }
    if answer != nil, !isWorthDraining { return waitForAnswer() }
    if answer == nil, reader == nil {
      suspend()
      return 0
    }
    phase = .body
    return 0
  }

  private func waitForAnswer() -> Int? {
    if let answer {
      self.answer = nil
      return send(answer) ? 0 : nil
    }
    suspend()
    return 0
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Int? {
    if reader != nil { return feed(bytes) }
    guard answer != nil else {
      suspend()
      return 0
    }
    discarded += Int64(bytes.count)
    return discarded > core.options.unreadBodyLimit ? nil : bytes.count
  }

  /// The daemon is done with this request, well or badly.
  func end() {
    let waiting = answer
    phase = .over
    answer = nil
    isSuspended = false
    watch.stop(core.loop)
    task?.cancel()
    endReading(.failure(HTTPError(.truncated, "the client's connection broke before the end of the body")))
    waiting?.whenDone?()
    whenAnswered?()
    whenAnswered = nil
    if isStarted { core.ended(self) }
  }

  // MARK: Waiting

  /// Takes the connection out of the daemon's hands until `resume`. Only from inside its callbacks.
  func suspend() {
    guard !isSuspended else { return }
    isSuspended = true
    MHD_suspend_connection(connection)
    // One that waits for the handler with nothing more to send may close its side when it goes away; one with a body on the way is
    // found out by the daemon when it is read.
    watch.start(core.loop, socket: cmhd_socket(connection), grace: phase == .complete ? core.options.halfCloseGrace : nil) {
      [unowned self] in
      breakOff()
    }
  }

  func resume() {
    guard isSuspended else { return }
    isSuspended = false
    watch.stop(core.loop)
    MHD_resume_connection(connection)
    core.kick()
  }

  /// Ends the request without an answer: the client is gone, or the server goes.
  func breakOff() {
    guard phase != .over else { return }
    isBroken = true
    task?.cancel()
    endReading(.failure(HTTPError(.truncated, "the client's connection broke before the end of the body")))
    resume()
  }
}
