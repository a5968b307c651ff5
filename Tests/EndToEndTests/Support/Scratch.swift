import Glibc

/// A temporary folder with room for both sides and a state, removed when it is let go of.
final class Scratch: Sendable {
  let path: String
  /// What is set for every program that is run here.
  let environment: [String: String]

  init(_ variables: [String: String] = [:]) throws {
    var template = Array("/tmp/isobar-e2e-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("mkdtemp", errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var environment = [
      "PATH": getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin", "HOME": path + "/home",
      "ISOBAR_STATE": path + "/state",
      "NO_COLOR": "1", "AWS_EC2_METADATA_DISABLED": "true", "LC_ALL": "C.UTF-8",
    ]
    environment.merge(variables) { $1 }
    self.environment = environment
    for folder in ["home", "left", "right"] { try makeFolder(folder) }
  }

  deinit {
    // `rm` copes with depth and with names that are no text.
    var process: pid_t = 0
    let words = cStrings(["rm", "-rf", path])
    defer { words.forEach { free($0) } }
    if posix_spawnp(&process, "rm", nil, nil, words, [nil]) == 0 { waitpid(process, nil, 0) }
  }

  /// Runs the built command here.
  func isobar(_ arguments: String..., variables: [String: String] = [:], interruption: Interruption? = nil) async throws -> Outcome
  {
    try await isobar(arguments, variables: variables, interruption: interruption)
  }

  /// Runs the built command here.
  func isobar(_ arguments: [String], variables: [String: String] = [:], interruption: Interruption? = nil) async throws -> Outcome {
    // A file written a moment before the look is looked at once more in the next run: tests write faster than people.
    try await Task.sleep(for: .milliseconds(30))
    return try await Program.run(
      Program.isobar, arguments, environment: environment.merging(variables) { $1 }, in: path, interruption: interruption)
  }

  /// Runs another program here.
  func run(_ program: String, _ arguments: String..., variables: [String: String] = [:]) async throws -> Outcome {
    try await Program.run(program, arguments, environment: environment.merging(variables) { $1 }, in: path)
  }

  func makeFolder(_ name: String) throws {
    guard mkdir("\(path)/\(name)", 0o755) == 0 || errno == EEXIST else { throw Failure("mkdir \(name)", errno) }
  }

  /// Writes a file, with the folders on its way.
  func write(_ name: String, _ content: String) throws { try write(name, Array(content.utf8)) }

  /// Writes a file, with the folders on its way.
  func write(_ name: String, _ content: [UInt8]) throws {
    let parts = name.split(separator: "/")
    for count in 1..<max(1, parts.count) { try makeFolder(parts[..<count].joined(separator: "/")) }
    let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Failure("open \(name)", errno) }
    defer { close(descriptor) }
    var done = 0
    while done < content.count {
      let count = content.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done) }
      guard count > 0 else { throw Failure("write \(name)", errno) }
      done += count
    }
  }

  func remove(_ name: String) throws {
    guard unlink("\(path)/\(name)") == 0 else { throw Failure("unlink \(name)", errno) }
  }

  func rename(_ old: String, to new: String) throws {
    guard Glibc.rename("\(path)/\(old)", "\(path)/\(new)") == 0 else { throw Failure("rename \(old)", errno) }
  }

  /// Sets a file's modification time.
  func touch(_ name: String, seconds: Int, nanoseconds: Int = 0) throws {
    let time = timespec(tv_sec: seconds, tv_nsec: nanoseconds)
    guard utimensat(AT_FDCWD, "\(path)/\(name)", [time, time], 0) == 0 else { throw Failure("utimensat \(name)", errno) }
  }

  /// A file's modification time in nanoseconds.
  func modified(_ name: String) throws -> Int {
    var status = stat()
    guard stat("\(path)/\(name)", &status) == 0 else { throw Failure("stat \(name)", errno) }
    return status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }

  func exists(_ name: String) -> Bool { access("\(path)/\(name)", F_OK) == 0 }

  func text(_ name: String) throws -> String { String(decoding: try Self.bytes("\(path)/\(name)"), as: UTF8.self) }

  /// All files below a folder by the bytes of their paths, without what Isobar keeps for itself; folders end in a slash.
  func tree(_ name: String) throws -> [[UInt8]: [UInt8]] {
    var found: [[UInt8]: [UInt8]] = [:]
    try collect(Array("\(path)/\(name)/".utf8), [], &found)
    return found
  }

  /// The paths of `tree` as text, in order.
  func names(_ name: String) throws -> [String] { try tree(name).keys.map { String(decoding: $0, as: UTF8.self) }.sorted() }

  private func collect(_ root: [UInt8], _ prefix: [UInt8], _ found: inout [[UInt8]: [UInt8]]) throws {
    let here = (root + prefix + [0]).map { CChar(bitPattern: $0) }
    guard let stream = opendir(here) else { throw Failure("opendir", errno) }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: UInt8.self, capacity: 256) { Array(UnsafeBufferPointer(start: $0, count: strlen($0))) }
      }
      if name == Array(".".utf8) || name == Array("..".utf8) || (prefix.isEmpty && name == Array(".isobar".utf8)) { continue }
      // A killed run leaves these behind; they are cleared when they are an hour old, since until then somebody may be writing them.
      if name.starts(with: ".isobar-tmp-".utf8) { continue }
      if entry.pointee.d_type == UInt8(DT_DIR) {
        found[prefix + name + [UInt8(ascii: "/")]] = []
        try collect(root, prefix + name + [UInt8(ascii: "/")], &found)
      } else {
        found[prefix + name] = try Self.bytes(root + prefix + name)
      }
    }
  }

  static func bytes(_ path: String) throws -> [UInt8] { try bytes(Array(path.utf8)) }

  static func bytes(_ path: [UInt8]) throws -> [UInt8] {
    let descriptor = open((path + [0]).map { CChar(bitPattern: $0) }, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure("open \(String(decoding: path, as: UTF8.self))", errno) }
    defer { close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: max(4096, min(Int(status.st_size) + 1, 1 << 20)))
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      guard count >= 0 else { throw Failure("read", errno) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }
}
