import Glibc

/// Reading the few small files a configuration is made of.
enum ConfigurationFile {
  struct Failure: Error {
    let isMissing: Bool
    let reason: String
  }

  static func read(_ path: String, limit: Int) -> Result<[UInt8], Failure> {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return .failure(failure(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .failure(failure(errno)) }
    guard status.st_mode & S_IFMT != S_IFDIR else { return .failure(Failure(isMissing: false, reason: "it is a folder")) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while bytes.count <= limit {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0 { return .failure(failure(errno)) }
      if count == 0 { return .success(bytes) }
      bytes += buffer.prefix(count)
    }
    return .failure(Failure(isMissing: false, reason: "it is longer than \(limit) bytes"))
  }

  private static func failure(_ code: Int32) -> Failure {
    Failure(isMissing: code == ENOENT || code == ENOTDIR, reason: String(cString: strerror(code)))
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The folder of a file's path.
  static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// `path` made absolute: `~/` is `home`, what is relative starts at `folder`.
  static func resolve(_ path: String, folder: String, home: String?) -> String {
    if path == "~", let home { return home }
    if path.hasPrefix("~/"), let home { return home + path.dropFirst(1) }
    if path.hasPrefix("/") { return path }
    let rest = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    if rest == "." || rest.isEmpty { return folder }
    return folder.hasSuffix("/") ? folder + rest : "\(folder)/\(rest)"
  }
}
