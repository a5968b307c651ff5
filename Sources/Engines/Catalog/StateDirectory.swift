import Glibc
import Primitives

/// The folder that holds everything Isobar remembers: one database per pair, with its lease and its epoch beside it.
///
///     pairs/<id>.db      base tree, history, conflicts, trash, journal (SQLite)
///     pairs/<id>.lock    the lease: locked while an engine works on the pair
///     pairs/<id>.epoch   how many runs there were: notices that the database was replaced by an older copy
///     seen/<id>.db       what a store held when `isobar changes` last looked
public struct StateDirectory: Hashable, Sendable {
  /// The folder's path, absolute, without symbolic links.
  public let path: [UInt8]

  /// The path used when none is given: `$XDG_STATE_HOME/isobar`, else `$HOME/.local/state/isobar`.
  /// - Throws: `CatalogError` `.notFound` where the environment names neither.
  public static func defaultPath(environment: [String: String]) throws -> [UInt8] {
    // The convention says that a relative path is to be ignored.
    if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return Array("\(state)/isobar".utf8) }
    if let home = environment["HOME"], home.hasPrefix("/") { return Array("\(home)/.local/state/isobar".utf8) }
    throw CatalogError(.notFound, "there is no place for the state: set HOME, or name a folder with --state")
  }

  /// Opens the folder at `path`, making it (readable by its owner only) if it is not there. Relative paths start at the working
  /// directory.
  /// - Throws: `CatalogError` `.permissionDenied`, `.noSpace`, `.failed`.
  public static func open(_ path: [UInt8]) throws -> StateDirectory {
    guard !path.isEmpty, !path.contains(0) else {
      throw CatalogError(.invalidArgument, "the path of the state folder must not be empty or contain a zero byte")
    }
    try makeFolders(path)
    try makeFolder(path + Array("/pairs".utf8))
    guard let real = FilePaths.real(path) else { throw CatalogError(systemError: errno, "the state folder cannot be used", path) }
    return StateDirectory(path: real)
  }

  private init(path: [UInt8]) { self.path = path }

  /// Refuses a state folder at or below the root of a synced tree: the tree would change with every run, and one side's state would
  /// travel to the other.
  /// - Throws: `CatalogError` `.insideTree`.
  public func refuse(ifInside root: [UInt8]) throws {
    let tree = FilePaths.real(root) ?? FilePaths.absolute(root)
    guard FilePaths.contains(tree, path) else { return }
    throw CatalogError(
      .insideTree,
      "the state folder lies inside the synced folder \(DisplayText.escape(tree)): name a folder outside it with --state",
      place: DisplayText.escape(path))
  }

  /// The path, safe to print.
  public var displayPath: String { DisplayText.escape(path) }

  /// The path of a folder in it, made if it is not there.
  func folder(_ name: String) throws -> [UInt8] {
    let folder = path + Array("/\(name)".utf8)
    try Self.makeFolder(folder)
    return folder
  }

  func file(_ id: String, _ suffix: String) -> [UInt8] { path + Array("/pairs/\(id).\(suffix)".utf8) }
  func database(_ id: String) -> [UInt8] { file(id, "db") }
  func lock(_ id: String) -> [UInt8] { file(id, "lock") }
  func epoch(_ id: String) -> [UInt8] { file(id, "epoch") }
  var pairsPath: [UInt8] { path + Array("/pairs".utf8) }

  private static func makeFolders(_ path: [UInt8]) throws {
    for (index, byte) in path.enumerated() where byte == UInt8(ascii: "/") && index > 0 { try makeFolder(Array(path[..<index])) }
    try makeFolder(path)
  }

  private static func makeFolder(_ path: [UInt8]) throws {
    let failed = FilePaths.withCString(path) { mkdir($0, 0o700) == 0 ? 0 : errno }
    // Whether what is there is a folder shows when the next one is made in it.
    guard failed == 0 || failed == EEXIST || FilePaths.isFolder(path) else {
      throw CatalogError(systemError: failed, "the state folder cannot be made", path)
    }
  }
}

extension CatalogError {
  /// An error of a system call.
  init(systemError: Int32, _ action: String, _ path: [UInt8]) {
    let code: Code =
      switch systemError {
      case EACCES, EPERM, EROFS: .permissionDenied
      case ENOSPC, EDQUOT: .noSpace
      case ENOENT: .notFound
      default: .failed
      }
    self.init(code, "\(action): \(String(cString: strerror(systemError)))", place: DisplayText.escape(path))
  }
}
