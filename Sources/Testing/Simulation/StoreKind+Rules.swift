import MemoryStorage
import ObjectStorage

/// The rules of each kind of store: what it can do, how firmly it keeps conditions, and what may go wrong with it.
extension Scenario.StoreKind {
  var capabilities: StoreCapabilities {
    switch self {
    case .folder: return MemoryStoreOptions.likeFolder
    case .strict, .bucket: return MemoryStoreOptions.everything
    case .checked:
      var some = remote
      (some.ifAbsent, some.ifMatches, some.conditionalDelete) = (.checked, .checked, .checked)
      return some
    case .modest: return MemoryStoreOptions.modest
    case .azure: return remote
    case .gcs:
      var some = remote
      some.partCopy = false
      return some
    case .dropbox:
      var some = remote
      (some.realFolders, some.atomicMove, some.modifiedPrecision) = (true, true, 1_000_000_000)
      (some.mode, some.userMetadata, some.updateMetadata, some.storageClasses) = (false, false, false, false)
      (some.multipart, some.partCopy, some.maximumNameLength) = (false, false, 255)
      return some
    }
  }

  /// What every service lacks that a folder or memory has.
  private var remote: StoreCapabilities {
    var some = MemoryStoreOptions.everything
    (some.keepsReplaced, some.atomicMove, some.directWrite) = (false, false, false)
    return some
  }

  /// The hash that listings give.
  var hash: ContentHash.Method? {
    switch self {
    case .folder: nil
    case .dropbox: .sha256
    default: .md5
    }
  }

  /// A store that ignores conditions cannot keep two writers apart in the instant between the look and the write.
  var keepsApart: Bool { self != .checked && self != .modest }

  /// Whether what it does is one step, so that requests may arrive late and listings may be old without harm.
  var isStrict: Bool {
    switch self {
    case .strict, .bucket, .azure, .gcs: true
    case .folder, .checked, .modest, .dropbox: false
    }
  }
}
