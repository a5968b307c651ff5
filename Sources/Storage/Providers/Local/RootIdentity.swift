import Files
import ObjectStorage

/// Which folder the root is, to notice that another one stands in its place (a disk that is not mounted, a restored copy).
public struct RootIdentity: Hashable, Sendable {
  /// The file system. May change over a reboot, so a difference alone proves nothing.
  public let device: UInt64
  /// The folder's number on it.
  public let inode: UInt64
  /// What `setMarker` left on the folder; nil if nothing, or if the file system has no extended attributes.
  public let marker: [UInt8]?
}

extension LocalStore {
  private static let marker = Array("isobar.root".utf8)

  /// Which folder stands at the store's path now.
  /// - Throws: `.storeNotFound` if none does.
  public func rootIdentity() throws -> RootIdentity {
    let now = try currentRoot()
    let (device, inode) = try mapping(nil) { try now.deviceAndInode() }
    return RootIdentity(device: device, inode: inode, marker: try mapping(nil) { try now.rootAttribute(name: LocalStore.marker) })
  }

  /// What `setMarker` left on the root; nil if nothing, or where there are no extended attributes.
  public func getMarker() throws -> [UInt8]? { try rootIdentity().marker }

  /// Leaves a mark on the root folder itself (`user.isobar.root`), which goes with it wherever it is moved.
  /// - Returns: false where there are no extended attributes, or the folder may not be changed.
  @discardableResult
  public func setMarker(_ bytes: [UInt8]) throws -> Bool {
    do {
      try root.setRootAttribute(name: LocalStore.marker, value: bytes)
      return true
    } catch let error as FileError where [.unsupported, .readOnly, .permission].contains(error.code) {
      return false
    } catch {
      throw storageError(error, nil)
    }
  }

  private static let runs = Array("isobar.runs".utf8)
  /// Each: eight bytes of a name, eight of a number.
  private static let runLength = 16
  private static let mostRuns = 16

  /// The number that `setLastRun` left on the root for `state`; nil if there is none.
  /// - Parameter state: a name of eight bytes.
  public func lastRun(of state: [UInt8]) throws -> Int64? {
    guard let record = try runRecords().last(where: { $0.starts(with: state) }) else { return nil }
    return Int64(bitPattern: record.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  /// Leaves a number on the root folder for `state` (`user.isobar.runs`, which holds those of the latest sixteen states). Nothing
  /// happens where there are no extended attributes.
  public func setLastRun(_ number: Int64, of state: [UInt8]) {
    guard state.count == 8, var records = try? runRecords() else { return }
    records.removeAll { $0.starts(with: state) }
    records.append(state + (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * Int64($0))) })
    try? root.setRootAttribute(name: LocalStore.runs, value: Array(records.suffix(LocalStore.mostRuns).joined()))
  }

  private func runRecords() throws -> [[UInt8]] {
    let bytes = try mapping(nil) { try root.rootAttribute(name: LocalStore.runs) } ?? []
    return stride(from: 0, to: bytes.count - bytes.count % LocalStore.runLength, by: LocalStore.runLength).map {
      Array(bytes[$0..<$0 + LocalStore.runLength])
    }
  }

  /// Throws `.storeNotFound` unless the path still leads to the folder that was opened: an unmounted or removed folder looks empty, and
  /// empty must not be taken for "everything was deleted".
  func requireRoot() throws {
    let now = try currentRoot()
    let (found, opened) = try mapping(nil) { (try now.deviceAndInode(), try root.deviceAndInode()) }
    if found != opened {
      throw failure(.storeNotFound, nil, "another folder stands there now than the one that was opened; is the disk still mounted?")
    }
  }

  private func currentRoot() throws -> ConfinedDirectory {
    do {
      return try ConfinedDirectory.open(path, create: false)
    } catch let error as FileError where error.code == .notFound || error.code == .notDirectory {
      throw failure(.storeNotFound, nil, "the folder is no longer there; is its disk mounted?")
    } catch {
      throw storageError(error, nil)
    }
  }
}
