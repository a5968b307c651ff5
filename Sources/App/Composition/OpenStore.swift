import Concurrency
import EncryptionLayer
public import LocalStorage
public import ObjectStorage
public import StoreLayers
public import Sync

/// A store with all its layers, and what its user may want of the provider inside.
public struct OpenStore: Sendable {
  /// The store, all layers around it.
  public let store: any ObjectStore
  /// How to recognise the root; nil where the store's name is identity enough.
  public let root: RootMarker?
  /// The folder inside, if it is one: for its path, and to clean up what a crash left.
  public let folder: LocalStore?
  /// The absolute path of the folder, if it is one.
  public let folderPath: [UInt8]?
  /// The service inside, if there is one: to make its bucket, examine it, clean it up.
  public let remote: (any RemoteStore)?
  let meter: RequestMeter?
  let isOwned: Bool
  let createsContainer: Bool
  /// The `stableID` of the store that it lies over, the innermost one; nil if it lies over none.
  let insideID: String?
  /// The encryption, if the store lies over one.
  let encryption: EncryptedStore?

  init(
    store: any ObjectStore, root: RootMarker? = nil, folder: LocalStore? = nil, folderPath: [UInt8]? = nil,
    remote: (any RemoteStore)? = nil,
    meter: RequestMeter? = nil, isOwned: Bool = true, createsContainer: Bool = false,
    encryption: EncryptedStore? = nil, insideID: String? = nil
  ) {
    self.store = store
    self.root = root
    self.folder = folder
    self.folderPath = folderPath
    self.remote = remote
    self.meter = meter
    self.isOwned = isOwned
    self.createsContainer = createsContainer
    self.encryption = encryption
    self.insideID = insideID
  }

  /// Who the store is.
  public var identity: StoreIdentity { store.identity }

  /// The requests sent so far, each attempt counted. Nothing for a folder, which has no wire.
  public var counts: RequestCounts { meter?.snapshot ?? RequestCounts() }

  /// For so long an interrupted transfer can go on.
  private static let resumable = Duration.seconds(7 * 86400)

  /// The store as one end of a pair.
  public var end: SyncEnd {
    SyncEnd(
      store: store, root: root, lastRun: root == nil ? nil : folder.map { .of($0) }, recover: recover,
      finish: remote.map { remote in
        { @Sendable in _ = try await remote.abortAbandonedUploads(resumableOlderThan: Self.resumable) }
      })
  }

  /// Clears away what a run that died left here.
  private var recover: (@Sendable () async throws -> Void)? {
    // Long enough that no other pair with this folder still writes to it: a file being written to is younger.
    folder.map { folder in
      { @Sendable in _ = try await folder.removeStaleTemporaries(olderThan: .seconds(3600), kept: Self.resumable) }
    }
  }

  /// Makes the bucket if that is what `error` is about and the place says so; the caller then tries again. Asked for only after a
  /// failure, so that a run on a bucket that is there costs nothing.
  /// - Returns: whether it was made.
  /// - Throws: `StorageError`, if it cannot be made.
  public func createContainer(after error: any Error) async throws -> Bool {
    // A store that lies over the bucket tells of the same under its own name.
    guard createsContainer, let remote, let error = error as? StorageError, error.code == .storeNotFound,
      error.store == remote.identity.displayName || error.store == identity.displayName
    else { return false }
    try await remote.createContainer()
    return true
  }

  /// Tells of changes of the store, where its service does. A store that lies over another has other files than the service tells of.
  public var changeFeed: (any ChangeFeed)? { insideID == nil ? remote?.changeFeed : nil }

  /// Lets go of connections and descriptors.
  public func close() async { if isOwned { await store.close() } }
}
