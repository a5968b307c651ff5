import Configuration
import Glibc

/// Reads a configuration from memory, as `/etc/isobar/isobar.yaml` of somebody whose home is `/home/ada`.
func configuration(
  _ text: String, _ environment: [String: String] = [:], overrides: ConfigurationOverrides = ConfigurationOverrides()
) throws -> Settings {
  try SettingsLoader.parse(
    Array(text.utf8), file: "isobar.yaml", folder: "/etc/isobar",
    environment: environment.merging(["HOME": "/home/ada"]) { given, _ in given }, overrides: overrides)
}

/// What is wrong with a configuration, one line a problem.
func problems(
  _ text: String, _ environment: [String: String] = [:], overrides: ConfigurationOverrides = ConfigurationOverrides()
) -> [String] {
  do {
    _ = try configuration(text, environment, overrides: overrides)
    return []
  } catch let error as ConfigurationError {
    return error.problems.map(\.description)
  } catch {
    return ["another error: \(error)"]
  }
}

/// A folder of its own for one test, removed with the value's owner.
final class Scratch {
  let path: String

  init() {
    var name = Array("/tmp/isobar-config-XXXXXX".utf8CString)
    path = name.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { Self.remove(path) }

  func write(_ name: String, _ text: String) {
    let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    precondition(descriptor >= 0, "cannot create \(name)")
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    precondition(bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == bytes.count)
  }

  func makeFolder(_ name: String) { mkdir("\(path)/\(name)", 0o700) }

  private static func remove(_ path: String) {
    if let directory = opendir(path) {
      defer { closedir(directory) }
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name != ".", name != ".." else { continue }
        if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
      }
    }
    rmdir(path)
  }
}

/// A seed that differs from run to run; printed by the test that uses it.
func freshSeed(_ name: String) -> UInt64 {
  let seed = UInt64.random(in: 0...UInt64.max)
  print("\(name): seed \(seed)")
  return seed
}
