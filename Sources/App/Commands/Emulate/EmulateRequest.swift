import Arguments
import Emulators
import HTTPMessages
import HTTPServer
import Primitives

/// What `isobar emulate` was asked for.
struct EmulateRequest {
  let kind: EmulatorKind
  let options: EmulatorOptions
  let listener: HTTPListenerOptions
  let seed: Int64

  init(_ arguments: ParsedCommand) throws {
    guard let kind = arguments.operand("SERVICE").flatMap({ EmulatorKind(rawValue: $0.text) }) else {
      preconditionFailure("the parser takes no other service")
    }
    self.kind = kind
    seed = arguments.int("seed").map(Int64.init) ?? .random(in: 0...0xFFFF_FFFF)
    var faults = EmulatorFaults()
    if let text = arguments.string("errors") { faults = .mixed(rate: try Self.share(text)) }
    faults.latency = arguments.duration("latency") ?? .zero
    faults.jitter = arguments.duration("jitter") ?? .zero
    options = EmulatorOptions(data: arguments.argument("data")?.bytes, seed: UInt64(bitPattern: seed), faults: faults)
    let port = arguments.int("port") ?? 0
    guard (0...65_535).contains(port) else { throw CommandError.usage("--port takes a number from 1 to 65535, not \(port)") }
    listener = HTTPListenerOptions(address: arguments.string("listen") ?? "127.0.0.1", port: UInt16(port))
  }

  /// Whether other machines may reach it.
  var isPublic: Bool { !listener.address.hasPrefix("127.") && listener.address != "::1" }

  /// The address that clients on this machine use.
  func endpoint(port: UInt16) -> HTTPEndpoint {
    let host =
      switch listener.address {
      case "0.0.0.0": "127.0.0.1"
      case "::": "::1"
      default: listener.address
      }
    guard let endpoint = HTTPEndpoint(scheme: .http, host: host, port: Int(port)) else {
      preconditionFailure("what can be listened on is an address")
    }
    return endpoint
  }

  private static func share(_ text: String) throws -> Double {
    guard text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...100).contains(percent) else {
      throw CommandError.usage("--errors takes a share such as 5%, not '\(DisplayText.escape(text))'")
    }
    return percent / 100
  }
}
