import Files
import Glibc
import Primitives

extension Call {
  /// Makes a file that only its owner can read. One that is there is never replaced.
  /// - Throws: `CommandError`.
  func create(_ path: [UInt8], _ content: [UInt8], advice: String) throws {
    switch SmallFile.create(path, content) {
    case 0: break
    case EEXIST: throw CommandError.usage("\(DisplayText.escape(path)) is there already and was left as it is", advice: advice)
    case let code:
      throw CommandError(
        "cannotWrite", "\(DisplayText.escape(path)) cannot be written: \(String(cString: strerror(code)))", status: .pathsFailed)
    }
  }
}
