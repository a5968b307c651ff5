import CSimulatedDisk
import Glibc

/// The disk that catalogs live on; see `simulated_disk.h`. Used by one thread.
final class SimulatedDisk: @unchecked Sendable {
  private let disk: OpaquePointer
  /// The folder whose files are on this disk. It exists, for what is not SQLite's.
  let folder: String

  init() {
    let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
    var template = Array("\(parent)/isobar-world-XXXXXX".utf8CString)
    folder = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    guard let disk = simulated_disk_mount(folder + "/") else { preconditionFailure("no memory for a disk") }
    self.disk = disk
  }

  deinit {
    simulated_disk_unmount(disk)
    for name in ["state/pairs", "state"] { removeFiles(in: "\(folder)/\(name)") }
    rmdir(folder)
  }

  private func removeFiles(in path: String) {
    if let open = opendir(path) {
      while let entry = readdir(open) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        unlink("\(path)/\(name)")
      }
      closedir(open)
    }
    rmdir(path)
  }

  /// How often something was changed.
  var changes: Int { Int(simulated_disk_changes(disk)) }
  /// Whether the machine has stopped: nothing answers any more.
  var isStopped: Bool { simulated_disk_is_stopped(disk) }
  /// How many files are open.
  var openFiles: Int { Int(simulated_disk_open_files(disk)) }

  func stop() { simulated_disk_stop(disk) }
  /// Stops the machine at the `change`-th change from now.
  func stop(after change: Int) { simulated_disk_stop_at(disk, simulated_disk_changes(disk) + UInt64(change)) }
  /// Forgets where the machine was to stop.
  func goOn() { simulated_disk_stop_at(disk, 0) }
  func setFull(_ isFull: Bool) { simulated_disk_set_full(disk, isFull) }
  func start(powerLost: Bool, seed: UInt64) { simulated_disk_start(disk, powerLost, seed) }
  func save() { simulated_disk_save(disk) }
  func restore() -> Bool { simulated_disk_restore(disk) }
  func copy(of other: SimulatedDisk) { simulated_disk_copy(disk, other.disk) }

  /// Removes everything of the state, also what is not SQLite's.
  /// - Parameter backup: the copy that was saved, too.
  func clear(backup: Bool) {
    simulated_disk_clear(disk, backup)
    removeFiles(in: "\(folder)/state/pairs")
  }
}
