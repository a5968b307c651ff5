import Concurrency
import Glibc

/// A real server for tests, started by `scripts/services/NAME.sh` on a free port of this machine and stopped when the process ends,
/// also when it is killed.
///
/// A name and its settings are started once per process; all tests share the server, so each test works in a bucket or folder of
/// its own. The install and start of some servers take a minute.
public final class ServiceFixture: Sendable {
  /// Why a server is not there; a test that gets it says "skipped" with this text.
  public struct Unavailable: Error, CustomStringConvertible {
    public let description: String

    /// A server that is not there for `reason`.
    public init(_ reason: String) { description = reason }
  }

  /// The script's name without its ending: `s3-rclone`.
  public let name: String
  /// What the script printed as `export NAME=VALUE`.
  public let variables: [String: String]
  /// The port it was started on.
  public let port: Int

  private let folder: String
  private let watchdog: ServiceWatchdog

  /// Whether a server that cannot be started is a failure (`ISOBAR_SERVERS_REQUIRED=1`, as in CI) and not a reason to skip its tests.
  public static var isRequired: Bool { getenv("ISOBAR_SERVERS_REQUIRED").map { String(cString: $0) == "1" } ?? false }

  /// The server `name` with these settings in its script's environment; the running one if it was started before.
  /// - Throws: `Unavailable` if it cannot be installed or started here.
  public static func shared(_ name: String, settings: [String: String] = [:]) async throws -> ServiceFixture {
    // Not on the threads that run all tests: these would stand still for as long as the install and start take.
    let result = try await starter.run { start(name, settings) }
    return try result.get()
  }

  private static let starter = BlockingPool(name: "services", threads: 1)

  private static func start(_ name: String, _ settings: [String: String]) -> Result<ServiceFixture, Unavailable> {
    let key = name + settings.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    if let known = registry.withLock({ $0[key] }) { return known }
    let result: Result<ServiceFixture, Unavailable>
    do throws(Unavailable) { result = .success(try ServiceFixture(name, settings: settings)) } catch { result = .failure(error) }
    registry.withLock { registry in
      if registry.isEmpty { atexit { ServiceFixture.stopAll() } }
      registry[key] = result
    }
    return result
  }

  private static let registry = Lock<[String: Result<ServiceFixture, Unavailable>]>([:])

  private static func stopAll() {
    let all = registry.withLock { registry in
      defer { registry = [:] }
      return Array(registry.values)
    }
    for case .success(let fixture) in all { fixture.stop() }
  }

  private init(_ name: String, settings: [String: String]) throws(Unavailable) {
    var template = Array("/tmp/isobar-\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Unavailable("no temporary folder: \(String(cString: strerror(errno)))") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.name = name
    port = try Self.freePort()
    let stop = "bash '\(Self.scripts)/\(name).sh' stop '\(folder)/data' >/dev/null 2>&1; rm -rf '\(folder)'"
    // Before the server, so that there is no moment at which a death leaves it behind.
    watchdog = ServiceWatchdog(whenThisProcessDies: stop)
    let environment = settings.sorted { $0.key < $1.key }.map { "\($0.key)='\($0.value)' " }.joined()
    let log = "\(folder)/start.log"
    // The server outlives many tests: it must not inherit, and so hold open, the connections and pipes of those that run now.
    let closing = "for f in /proc/self/fd/*; do f=${f##*/}; [ $f -le 2 ] || eval \"exec $f>&-\"; done"
    let start = "exec bash \"$0\" start \"$1\" \"$2\""
    let (status, output) = Self.run(
      "\(environment)bash -c '\(closing); \(start)' '\(Self.scripts)/\(name).sh' '\(folder)/data' \(port) 2>'\(log)'")
    guard status == 0 else {
      let (_, reason) = Self.run("tail -n 3 '\(log)'")
      watchdog.dismiss()
      _ = Self.run(stop)
      throw Unavailable("\(name) cannot be started here: \(reason)")
    }
    var variables: [String: String] = [:]
    for line in output.split(separator: "\n") where line.hasPrefix("export ") {
      let entry = line.dropFirst("export ".count)
      guard let equals = entry.firstIndex(of: "=") else { continue }
      variables[String(entry[..<equals])] = String(entry[entry.index(after: equals)...].filter { $0 != "\\" && $0 != "'" })
    }
    self.variables = variables
  }

  /// Ends the server and removes its files. Done by itself when the process ends.
  public func stop() {
    _ = Self.run("bash '\(Self.scripts)/\(name).sh' stop '\(folder)/data' >/dev/null 2>&1; rm -rf '\(folder)'")
    watchdog.dismiss()
  }

  /// `scripts/services` of this package.
  private static var scripts: String {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(5)
    return parts.joined(separator: "/") + "/scripts/services"
  }

  private static func run(_ command: String) -> (status: Int32, output: String) {
    guard let pipe = popen(command, "r") else { return (-1, "") }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = fread(&chunk, 1, chunk.count, pipe)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return (pclose(pipe), String(decoding: bytes, as: UTF8.self))
  }

  /// A port that is free now, and the one after it too: some services use both.
  private static func freePort() throws(Unavailable) -> Int {
    for _ in 0..<50 {
      let first = bound(0)
      guard first.descriptor >= 0 else { continue }
      let second = first.port < 65535 ? bound(first.port + 1) : (descriptor: -1, port: 0)
      close(first.descriptor)
      if second.descriptor >= 0 {
        close(second.descriptor)
        return first.port
      }
    }
    throw Unavailable("no free port")
  }

  private static func bound(_ port: Int) -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else {
      close(descriptor)
      return (-1, 0)
    }
    return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
  }
}
