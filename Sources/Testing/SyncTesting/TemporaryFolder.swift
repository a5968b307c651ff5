import Glibc

/// A folder that goes away with this object, and a shell in it.
package final class TemporaryFolder: Sendable {
  /// The folder's absolute path.
  package let path: String

  /// - Parameter memory: whether it may lie in memory, where syncs of the disk cost nothing.
  package init(memory: Bool = false) {
    let parent = memory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/isobar-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }

  deinit { _ = systemCommand("chmod -R u+rwx '\(path)'; rm -rf '\(path)'") }

  /// Runs a command in the folder, or in one below it; whether it succeeded.
  package func shell(_ command: String, in folder: String = ".") -> Bool {
    systemCommand("cd '\(path)/\(folder)' && { \(command)\n}")
  }
}

/// Runs a command in a shell; whether it succeeded.
package func systemCommand(_ command: String) -> Bool { system(command) == 0 }
