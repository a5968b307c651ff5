import Concurrency
import Files
import Glibc
public import ObjectStorage
import Primitives

/// A folder as a store.
///
/// Files are objects and folders are keys with a closing `/`. Every access goes through one open folder and stays below it, also
/// while another process swaps folders for symbolic links. A write builds a hidden file beside its target and gives it its name in one
/// step; a condition is checked by exchanging the two files and looking at the one that came out, so that nothing is lost
/// in a race. Content is never changed in place.
///
/// Small files are read and written on the caller's thread (a few system calls); bodies above 64 KiB, listings and `flush`
/// run on `BlockingPool.shared`.
///
/// Differences from the contract's general words:
/// - `move` of a folder's key renames the folder with everything in it, in one step.
/// - Modification times of folders are neither reported nor kept: they change with every entry.
/// - Versions of files that changed within the last 20 ms are good for conditions but equal no later version; see `FileVersion`.
public final class LocalStore: ObjectStore {
  public let identity: StoreIdentity
  /// The options it was opened with.
  public let options: LocalOptions
  /// The folder's absolute path without symbolic links, as it was when the store was opened.
  public var rootPath: [UInt8] { path }
  let path: [UInt8]
  let root: ConfinedDirectory
  let features: Features
  /// Whether something was written on another file system than the root's.
  private let writesElsewhere = Lock(false)
  private let device: UInt64
  private let writers = KeyLocks()

  /// Opens a folder.
  /// - Throws: `StorageError`: `.storeNotFound` if it is not there (the disk is not mounted), `.permissionDenied`,
  ///   `.invalidArgument` if a file stands there.
  public static func open(path: [UInt8], options: LocalOptions = LocalOptions()) throws -> LocalStore {
    let name = DisplayText.escape(path)
    do {
      let root = try ConfinedDirectory.open(path, create: options.create)
      return LocalStore(path: path, canonical: try canonicalPath(path), root: root, options: options)
    } catch let error as FileError {
      throw rootError(error, name)
    }
  }

  private init(path: [UInt8], canonical: [UInt8], root: ConfinedDirectory, options: LocalOptions) {
    self.path = canonical
    self.root = root
    device = (try? root.deviceAndInode().device) ?? 0
    self.options = options
    features = Features(root: root, wantsAttributes: options.metadataAttributes)
    identity = StoreIdentity(
      kind: "local", displayName: DisplayText.escape(path), stableID: "local:" + PercentEncoding.encode(canonical, keepSlash: true),
      listsFolders: true, isLocal: true, names: Self.nameRules(of: root))
  }

  private static func canonicalPath(_ path: [UInt8]) throws(FileError) -> [UInt8] {
    let text = (path + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { realpath($0.baseAddress!, nil) }
    }
    guard let text else { throw FileError(errno: errno, operation: .open, path: path) }
    defer { free(text) }
    return UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 }
  }

  private static func rootError(_ error: FileError, _ name: String) -> StorageError {
    switch error.code {
    case .notFound:
      StorageError(.storeNotFound, store: name, message: "the folder does not exist; is its disk mounted?", cause: error)
    case .notDirectory:
      StorageError(.invalidArgument, store: name, message: "it is a file; a store is a folder", cause: error)
    case .permission, .readOnly:
      StorageError(.permissionDenied, store: name, message: "\(error)", cause: error)
    default:
      StorageError(.unavailable, store: name, message: "\(error)", cause: error)
    }
  }

  public func capabilities() async throws -> StoreCapabilities {
    let found = features.probed()
    return StoreCapabilities(
      ifAbsent: .enforced, ifMatches: found.exchange ? .enforced : .checked, conditionalDelete: .enforced, serverSideCopy: true,
      atomicMove: true, directWrite: true, keepsReplaced: true, localReads: true, realFolders: true,
      modifiedPrecision: found.timePrecision, listsModified: true, mode: options.preserveMode, userMetadata: found.attributes,
      updateMetadata: true, maximumKeyLength: ObjectKey.maximumLength, maximumNameLength: 255, names: identity.names)
  }

  public func list(_ prefix: KeyPrefix, _ options: ListOptions) -> any Listing { LocalListing(self, prefix, options) }

  public func startMultipart(_ key: ObjectKey, _ options: WriteOptions) async throws -> any MultipartWrite {
    throw StorageError.unsupported("take parts", store: identity.displayName)
  }

  /// Syncs the root's file system, and all of them if something was written on another. Takes as long as the disk needs for everything
  /// that waits to be written, not only for this store's files: what other programs wrote a moment ago is to be kept too.
  public func flush() async throws {
    try await BlockingPool.shared.run { [self] in
      try mapping(nil) { try root.syncFileSystem() }
      if writesElsewhere.withLock({ $0 }) { sync() }
    }
  }

  public func close() async {}

  /// Removes hidden files that a crash left below the root, if they are older than `age`. Blocks for one walk of the tree.
  /// - Parameter kept: the age from which those go that an interrupted transfer could go on with; nil for the same.
  /// - Returns: how many were removed.
  @discardableResult
  public func removeStaleTemporaries(olderThan age: Duration, kept: Duration? = nil) async throws -> Int {
    try await BlockingPool.shared.run { [self] in
      try mapping(nil) {
        try root.removeStaleTemporaries(olderThan: age, kept: kept.map { (PartialWrite.mark, $0) }, now: options.clock.now())
      }
    }
  }

  /// Runs the step that changes these places, one caller at a time for each place: two conditional writes of this process
  /// never meet half-way.
  func changing<Result>(_ paths: [UInt8]..., body: () throws -> Result) rethrows -> Result {
    try writers.hold(paths, body)
  }

  /// Remembers if a change was made on another file system than the root's, for `flush`.
  func noteDevice(_ status: FileStatus) {
    if status.device != device { writesElsewhere.withLock { $0 = true } }
  }

  /// Refuses names that this store gives to its own unfinished files: no listing would show what has one.
  func requireVisible(_ key: ObjectKey) throws {
    if key.withoutSlash.split(separator: UInt8(ascii: "/")).contains(where: { TemporaryFile.isTemporaryName($0) }) {
      throw failure(.invalidArgument, key, "a folder keeps this name for its own temporary files")
    }
  }

  /// Refuses keys of the other sort.
  func requireFile(_ key: ObjectKey, _ what: String) throws {
    if key.isFolder { throw failure(.invalidArgument, key, "a folder cannot be \(what)") }
  }
}
