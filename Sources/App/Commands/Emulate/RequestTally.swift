import Concurrency
import Emulators
import HTTPMessages
import HTTPServer
import Primitives

/// Counts requests on their way to an emulator, and shows them if asked to.
final class RequestTally: HTTPHandler {
  private let base: any HTTPHandler
  private let console: Console?
  private let count = Lock(0)

  /// - Parameter console: where each request gets a line; nil: nowhere.
  init(_ base: any HTTPHandler, console: Console?) {
    self.base = base
    self.console = console
  }

  func respond(to request: HTTPServerRequest) async throws -> HTTPServerResponse {
    count.withLock { $0 += 1 }
    guard let console else { return try await base.respond(to: request) }
    // Without the query, in which signatures and tokens may stand.
    let line = "\(request.method) \(DisplayText.escape(String(request.path)))"
    do {
      let answer = try await base.respond(to: request)
      console.printError("\(line) \(answer.status)")
      return answer
    } catch {
      console.printError("\(line) \(error is HTTPDisconnect ? "closed" : "failed")")
      throw error
    }
  }

  /// What was done, in one line.
  func summary(_ fired: [FaultKind: Int]) -> String {
    let faults = FaultKind.allCases.filter { $0 != .delay }.compactMap { kind in
      fired[kind].map { "\($0) \(kind.rawValue.map { $0 == "_" ? " " : String($0) }.joined())" }
    }
    let total = count.withLock { $0 }
    return "Answered \(Wording.count(total, "request"))" + (faults.isEmpty ? "." : ": \(faults.joined(separator: ", ")).")
  }
}
