import HTTPMessages
import Glibc

/// Collects the status line and the header fields of an answer, line by line.
struct ResponseHead {
  /// The most that all lines of an answer's heads may have.
  static let limit = 256 * 1024

  enum Line {
    case more
    /// The head of the answer proper is complete.
    case complete
    case tooLarge
  }

  private(set) var status = 0
  private(set) var headers = HTTPHeaders()
  private(set) var isComplete = false
  private var size = 0

  /// Takes one line with its end.
  mutating func add(_ line: UnsafeRawBufferPointer) -> Line {
    size += line.count
    guard size <= Self.limit else { return .tooLarge }
    if line.count >= 9, memcmp(line.baseAddress!, "HTTP/", 5) == 0, status == 0 || isComplete || isInterim {
      // A new head: after an interim answer, or because libcurl asks again on its own (a refused expectation).
      status = Self.status(of: line)
      headers = HTTPHeaders()
      isComplete = false
      return .more
    }
    // Trailers after a body in chunks are of no use to anybody here.
    if isComplete { return .more }
    if line.allSatisfy({ $0 == 13 || $0 == 10 }) {
      if isInterim {
        status = 0
        return .more
      }
      isComplete = true
      return .complete
    }
    if line[0] == 32 || line[0] == 9 {
      headers.continueReceived(line)
    } else {
      headers.addReceived(line)
    }
    return .more
  }

  private var isInterim: Bool { (100...199).contains(status) }

  private static func status(of line: UnsafeRawBufferPointer) -> Int {
    guard let space = line.firstIndex(of: 32) else { return 0 }
    var status = 0
    for byte in line[(space + 1)...].prefix(3) {
      guard (48...57).contains(byte) else { return 0 }
      status = status * 10 + Int(byte - 48)
    }
    return status
  }
}
