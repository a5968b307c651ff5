import Glibc
import Primitives

/// Asks for a secret on the terminal, which does not show what is typed.
enum TerminalPrompt {
  /// Why nothing could be asked.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What was typed up to the line's end. Blocks. Asks on the terminal itself: input and output may be pipes.
  /// - Throws: `Failure` where there is no terminal, or the answer was given up (Ctrl-C, Ctrl-D).
  static func ask(_ question: String) throws -> [UInt8] {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else { throw Failure(description: "there is no terminal to ask on: use file: or command:") }
    defer { close(terminal) }
    var before = termios()
    guard tcgetattr(terminal, &before) == 0 else { throw Failure(description: "the terminal cannot be asked") }
    var unseen = before
    // Ctrl-C comes as a byte: a signal would leave the terminal blind.
    unseen.c_lflag &= ~tcflag_t(ECHO | ISIG | ICANON)
    guard tcsetattr(terminal, TCSAFLUSH, &unseen) == 0 else { throw Failure(description: "the terminal cannot be asked") }
    defer {
      _ = tcsetattr(terminal, TCSAFLUSH, &before)
      say("\n", to: terminal)
    }
    say(DisplayText.escape(Array(question.utf8)), to: terminal)
    return try answer(from: terminal)
  }

  private static func answer(from terminal: Int32) throws -> [UInt8] {
    var answer: [UInt8] = []
    // Never moved while it grows: what it leaves behind could not be wiped.
    answer.reserveCapacity(SecretReference.limit)
    while answer.count < SecretReference.limit {
      var byte: UInt8 = 0
      let count = Glibc.read(terminal, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      switch byte {
      case _ where count <= 0, 0x03, 0x04:
        answer.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } }
        throw Failure(description: "the question was given up")
      case 0x0A, 0x0D: return answer
      case 0x7F, 0x08:
        // One character, which may be several bytes.
        while let last = answer.popLast(), last & 0xC0 == 0x80 {}
      case 0x15: answer.removeAll(keepingCapacity: true)
      default: answer.append(byte)
      }
    }
    return answer
  }

  private static func say(_ text: String, to terminal: Int32) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Glibc.write(terminal, $0.baseAddress, $0.count) }
  }
}
