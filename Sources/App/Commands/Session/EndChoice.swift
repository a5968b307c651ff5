import Arguments
import Configuration
import Glibc
import Primitives

/// An end as it was named, with local paths made absolute, so that it means the same in another folder.
struct EndChoice: Sendable {
  /// What it names.
  let end: End
  /// How it may be written again.
  let text: [UInt8]

  /// The end that an operand names.
  /// - Throws: `EndError`.
  init(_ operand: Argument, environment: [String: String]) throws { try self.init(operand.bytes, environment: environment) }

  /// The end that some bytes name.
  /// - Throws: `EndError`.
  init(_ bytes: [UInt8], environment: [String: String]) throws {
    let end = try End.parse(bytes).resolved(folder: WorkingDirectory.path, home: environment["HOME"])
    self.init(end, text: bytes)
  }

  /// An end of the configuration.
  init(_ end: End) { self.init(end, text: Array(end.description.utf8)) }

  /// A folder of this machine.
  init(local path: [UInt8]) { self.init(.local(path: path), text: path) }

  private init(_ end: End, text: [UInt8]) {
    self.end = end
    if case .local(let path) = end { self.text = path } else { self.text = text }
  }

  /// Refuses a target that lies in the source, or around it, before a folder is made for it. Only by the names: links are seen through
  /// when the pair is opened.
  func refuse(inside other: EndChoice) throws {
    guard case .local(let own) = end, case .local(let theirs) = other.end else { return }
    func folder(_ path: [UInt8]) -> [UInt8] { path.last == 0x2F ? path : path + [0x2F] }
    guard folder(own).starts(with: folder(theirs)) || folder(theirs).starts(with: folder(own)) else { return }
    throw CommandError.usage(
      "\(DisplayText.escape(own)) and \(DisplayText.escape(theirs)) lie in one another",
      advice: "Name two separate places: a tree that holds its own copy grows with every run.")
  }

  /// Whether it is a path of this machine.
  var isLocal: Bool { if case .local = end { true } else { false } }
}

/// Where this process stands.
enum WorkingDirectory {
  /// The folder's path; `/` where it is gone.
  static var path: String {
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }
}
