import Glibc

/// A socket that listens: bound by ourselves, so that errors and the port are known exactly.
struct ListeningSocket: ~Copyable {
  let descriptor: Int32
  let port: UInt16

  /// - Throws: `HTTPListenerError`.
  init(_ options: HTTPListenerOptions) throws {
    var storage = sockaddr_storage()
    let (family, length) = try Self.fill(&storage, options.address, options.port)
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw Self.failure(options) }
    var one: Int32 = 1
    // A server that was just stopped leaves connections behind that would block its port for a minute.
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    let result = withUnsafePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard result == 0, listen(descriptor, options.backlog) == 0 else {
      let error = Self.failure(options)
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    port = Self.port(of: descriptor)
  }

  private static func fill(_ storage: inout sockaddr_storage, _ text: String, _ port: UInt16) throws -> (Int32, socklen_t) {
    var four = sockaddr_in()
    four.sin_family = sa_family_t(AF_INET)
    four.sin_port = port.bigEndian
    var six = sockaddr_in6()
    six.sin6_family = sa_family_t(AF_INET6)
    six.sin6_port = port.bigEndian
    if inet_pton(AF_INET, text, &four.sin_addr) == 1 {
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: four, as: sockaddr_in.self) }
      return (AF_INET, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
    if inet_pton(AF_INET6, text, &six.sin6_addr) == 1 {
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: six, as: sockaddr_in6.self) }
      return (AF_INET6, socklen_t(MemoryLayout<sockaddr_in6>.size))
    }
    throw HTTPListenerError(.badAddress, "not an IP address to listen on: \(text)")
  }

  private static func port(of descriptor: Int32) -> UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    _ = withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    // The port stands in the same place for both families.
    return withUnsafeBytes(of: &storage) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
  }

  private static func failure(_ options: HTTPListenerOptions) -> HTTPListenerError {
    let number = errno
    let place = "\(options.address) port \(options.port)"
    return switch number {
    case EADDRINUSE: HTTPListenerError(.addressInUse, "cannot listen on \(place): another program does")
    case EADDRNOTAVAIL: HTTPListenerError(.addressNotAvailable, "cannot listen on \(place): not an address of this machine")
    case EACCES, EPERM: HTTPListenerError(.permission, "cannot listen on \(place): permission denied; ports below 1024 are root's")
    default: HTTPListenerError(.other, "cannot listen on \(place): \(String(cString: strerror(number)))")
    }
  }
}
