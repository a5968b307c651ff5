import Concurrency
import HTTPMessages
import Primitives

/// Somebody who reads a request's body.
final class Reader {
  let sink: any ByteSink
  let shot: OneShot<Int64>
  var count: Int64 = 0

  init(_ sink: any ByteSink, _ shot: OneShot<Int64>) {
    self.sink = sink
    self.shot = shot
  }
}

extension Exchange {
  func startReading(_ sink: any ByteSink, _ shot: OneShot<Int64>) {
    if phase == .over || isBroken {
      shot.settle(.failure(HTTPError(.truncated, "the client's connection broke before the end of the body")))
      return
    }
    precondition(reader == nil, "a body is read by one reader at a time")
    guard bodyLength != 0, phase == .head || phase == .body else {
      shot.settle(.success(0))
      return
    }
    reader = Reader(sink, shot)
    resume()
  }

  /// The reader gave up.
  func stopReading(_ shot: OneShot<Int64>) {
    if reader?.shot === shot { reader = nil }
    shot.settle(.failure(CancellationError()))
  }

  func endReading(_ result: Result<Void, any Error>) {
    guard let reader else { return }
    self.reader = nil
    reader.shot.settle(result.map { reader.count })
  }

  /// Offers a piece of the body to the reader.
  /// - Returns: how many bytes were taken: all or none.
  func feed(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard let reader else { return 0 }
    do {
      if try reader.sink.write(bytes) == .taken {
        reader.count += Int64(bytes.count)
        if let length = bodyLength { bodyLength = max(0, length - Int64(bytes.count)) }
        return bytes.count
      }
      suspend()
      reader.sink.whenReady { [self] in core.loop.execute { self.resume() } }
    } catch {
      endReading(.failure(error))
      // What was refused stays, for another reader or to be thrown away.
      suspend()
    }
    return 0
  }
}

/// The body of a request, for its handler.
final class IncomingBody: HTTPRequestBody {
  let length: Int64?
  private let exchange: Exchange
  private let loop: EventLoop

  init(_ exchange: Exchange, length: Int64?) {
    self.exchange = exchange
    self.length = length
    loop = exchange.core.loop
  }

  func read(into sink: any ByteSink) async throws -> Int64 {
    let shot = OneShot<Int64>()
    let start: @Sendable () -> Void = { [exchange] in exchange.startReading(sink, shot) }
    if loop.isCurrent {
      start()
    } else if !loop.execute(start) {
      throw HTTPError(.closed, "the server has stopped")
    }
    // Settled on the loop alone, so that the sink is never used behind the caller's back.
    return try await withTaskCancellationHandler {
      try await shot.waitUncancellably()
    } onCancel: {
      let isRunning = loop.execute { self.exchange.stopReading(shot) }
      if !isRunning { shot.settle(.failure(CancellationError())) }
    }
  }
}
