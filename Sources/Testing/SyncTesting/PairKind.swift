import Age
import CompressionLayer
import EncryptionLayer
package import LocalStorage
import MemoryStorage
package import ObjectStorage

/// Where one side of a `PairWorld` lies.
package enum Place: Sendable {
  /// In memory, with these capabilities.
  case memory(StoreCapabilities)
  /// A real folder, with its symbolic links seen like this.
  case folder(LocalOptions.Links)
  /// A new bucket at a real server.
  case server(TestServer)
  /// This one.
  case given(any ObjectStore)

  /// In memory, as an object store that can do everything.
  package static let memory = Place.memory(MemoryStoreOptions.everything)
  /// A real folder whose symbolic links are skipped.
  package static let folder = Place.folder(.skip)
}

/// The pairs that most tests of the engine run on: what real places can produce is tried on real places.
package enum PairKind: String, Sendable, CaseIterable {
  /// A folder-like and a bucket-like store in memory.
  case memory
  /// Two real folders.
  case folders
  /// A real folder and a bucket at rclone's server: modest, ignores conditions.
  case rclone
  /// A real folder and a bucket at moto: checks conditions.
  case moto
  /// A real folder and a store in memory whose content and names are encrypted.
  case encrypted
  /// A real folder and a store in memory whose content is compressed, also where that makes it longer.
  case compressed

  /// Those whose two sides show what they hold to other programs.
  package static let real: [PairKind] = [.folders, .rclone, .moto]

  /// The left and the right place.
  package var places: (left: Place, right: Place) {
    switch self {
    case .memory: (.memory(MemoryStoreOptions.likeFolder), .memory)
    case .folders: (.folder, .folder)
    case .rclone: (.folder, .server(.rclone))
    case .moto: (.folder, .server(.moto))
    case .encrypted: (.folder, .given(Self.encrypted()))
    case .compressed:
      (
        .folder,
        .given(CompressedStore(MemoryStore(MemoryStoreOptions(name: "right")), options: CompressionOptions(choice: .everything)))
      )
    }
  }

  private static func encrypted() -> any ObjectStore {
    let inside = MemoryStore(MemoryStoreOptions(name: "right"))
    // Its own identity is among the recipients: there is nothing to refuse.
    guard let options = try? EncryptionOptions(access: .keys(recipients: [], identities: [.generate()]), names: .encrypted) else {
      preconditionFailure("a new key is a good key")
    }
    return EncryptedStore(inside, options: options)
  }
}
