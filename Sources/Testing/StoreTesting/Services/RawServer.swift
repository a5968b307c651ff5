import Concurrency
import Glibc

/// A server that says exactly what a test tells it to, byte for byte, one thread per connection.
package final class RawServer: Sendable {
  package let port: Int
  private let listener: Int32
  private let counter = Lock(0)
  private let hasEnded = EndSignal()

  /// - Parameter handle: called on a thread of its own for each connection, which is closed afterwards.
  package init(_ handle: @escaping @Sendable (Connection) -> Void) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port: Int = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        precondition(bind(listener, generic, size) == 0)
        precondition(listen(listener, 128) == 0)
        getsockname(listener, generic, &size)
      }
      return Int(UInt16(bigEndian: pointer.pointee.sin_port))
    }
    self.port = port
    self.listener = listener
    // The thread that accepts is the one that closes: a listener closed by another may have its number taken by the next server's
    // before this thread looks, which would then answer that server's clients.
    thread { [listener, counter, hasEnded] in
      defer {
        close(listener)
        hasEnded.signal()
      }
      while true {
        let descriptor = accept(listener, nil, nil)
        if descriptor < 0 {
          if errno == EINTR || errno == ECONNABORTED { continue }
          return
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let number = counter.withLock { count in
          count += 1
          return count
        }
        thread {
          let connection = Connection(descriptor, number: number)
          handle(connection)
          connection.finish()
        }
      }
    }
  }

  /// How many connections there were.
  package var connections: Int { counter.withLock { $0 } }

  package func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

  /// Accepts nobody any more; the port is free when this returns.
  package func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    hasEnded.wait()
  }
}

/// One connection as the server sees it. Used by its thread only.
package final class Connection {
  package let number: Int
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var isOpen = true

  init(_ descriptor: Int32, number: Int) {
    self.descriptor = descriptor
    self.number = number
    var yes: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, 4)
  }

  /// The head of the next request, without its empty line; nil when the client has gone.
  package func readHead() -> String? {
    while true {
      if let end = pending.firstRange(of: [13, 10, 13, 10]) {
        let head = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
        pending.removeSubrange(..<end.upperBound)
        return head
      }
      guard let more = receive() else { return nil }
      pending += more
    }
  }

  /// Exactly `count` bytes of body, in pieces.
  package func readBody(_ count: Int, _ take: (UnsafeRawBufferPointer) -> Void = { _ in }) -> Bool {
    var left = count
    let first = min(left, pending.count)
    pending.withUnsafeBytes { take(UnsafeRawBufferPointer(rebasing: $0.prefix(first))) }
    pending.removeFirst(first)
    left -= first
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { buffer.deallocate() }
    while left > 0 {
      let got = recv(descriptor, buffer.baseAddress, min(left, buffer.count), 0)
      if got <= 0 { return false }
      take(UnsafeRawBufferPointer(rebasing: buffer.prefix(got)))
      left -= got
    }
    return true
  }

  /// What the client has sent by now, at least one byte; nil at the end.
  package func receive() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65536)
    let got = recv(descriptor, &buffer, buffer.count, 0)
    return got > 0 ? Array(buffer.prefix(got)) : nil
  }

  @discardableResult
  package func send(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { send($0) } }

  @discardableResult
  package func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let sent = Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      if sent <= 0 { return false }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(sent))
    }
    return true
  }

  /// A complete answer that keeps the connection.
  package func answer(_ status: String = "200 OK", _ body: String = "", headers: String = "") {
    send("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
  }

  /// Sends a reset rather than an orderly end.
  package func reset() {
    var hard = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
    close()
  }

  /// Waits until the client has closed.
  package func awaitEnd() { while receive() != nil {} }

  /// Says that nothing more comes and reads what the client still sends: closing with bytes unread would send a reset, which can
  /// overtake the answer.
  package func finish() {
    guard isOpen else { return }
    shutdown(descriptor, Int32(SHUT_WR))
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    awaitEnd()
    close()
  }

  /// Closes at once; the client sees a reset if it has sent what was not read.
  package func close() {
    if isOpen { Glibc.close(descriptor) }
    isOpen = false
  }
}

/// Tells one thread that another has ended. Unchecked: a semaphore is made to be used by several threads.
private final class EndSignal: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }

  /// Returns at once if the thread has ended already, and every time it is called.
  func wait() {
    while sem_wait(semaphore) != 0 {}
    sem_post(semaphore)
  }
}

package func thread(_ body: @escaping @Sendable () -> Void) {
  final class Box {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
  var id = pthread_t()
  let box = Unmanaged.passRetained(Box(body)).toOpaque()
  let result = pthread_create(
    &id, nil,
    { argument in
      Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
      return nil
    }, box)
  precondition(result == 0)
  pthread_detach(id)
}

extension String {
  /// The value of a header in a request's head.
  package func header(_ name: String) -> String? {
    for line in split(separator: "\r\n").dropFirst() {
      guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased() else { continue }
      return String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return nil
  }
}
