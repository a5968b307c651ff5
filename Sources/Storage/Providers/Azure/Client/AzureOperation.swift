import ObjectStorage

/// The requests this provider makes, by their names in the API, with what an account must be allowed for each.
enum AzureOperation: String, Sendable {
  case list = "List Blobs"
  case properties = "Get Blob Properties"
  case get = "Get Blob"
  case put = "Put Blob"
  case putBlock = "Put Block"
  case putBlockFromURL = "Put Block From URL"
  case putBlockList = "Put Block List"
  case getBlockList = "Get Block List"
  case putFromURL = "Put Blob From URL"
  case setMetadata = "Set Blob Metadata"
  case setProperties = "Set Blob Properties"
  case setTier = "Set Blob Tier"
  case delete = "Delete Blob"
  case batchDelete = "Blob Batch"
  case createContainer = "Create Container"

  /// What an account needs for it: a role, and the letters of a shared access signature.
  var permission: (role: String, letters: String) {
    switch self {
    case .list: ("Storage Blob Data Reader", "l (list)")
    case .properties, .get, .getBlockList: ("Storage Blob Data Reader", "r (read)")
    case .put, .putBlock, .putBlockList, .putBlockFromURL, .putFromURL, .setMetadata, .setProperties, .setTier:
      ("Storage Blob Data Contributor", "w (write)")
    case .delete, .batchDelete: ("Storage Blob Data Contributor", "d (delete)")
    case .createContainer: ("Storage Blob Data Contributor", "c (create) for containers")
    }
  }

  /// What was being done, for a message: "cannot …".
  var attempt: String {
    switch self {
    case .list: "list the container"
    case .properties: "look at it"
    case .get: "read it"
    case .put, .putBlock, .putBlockList: "write it"
    case .getBlockList: "look at its blocks"
    case .putBlockFromURL, .putFromURL: "copy it"
    case .setMetadata, .setProperties: "change its metadata"
    case .setTier: "change its access tier"
    case .delete, .batchDelete: "delete it"
    case .createContainer: "create the container"
    }
  }

  /// Whether what it asks for is an object that may be missing; for the others only the container can be.
  var isAboutObject: Bool {
    switch self {
    case .properties, .get, .getBlockList, .setMetadata, .setProperties, .setTier, .delete, .putBlockFromURL, .putFromURL: true
    case .list, .put, .putBlock, .putBlockList, .batchDelete, .createContainer: false
    }
  }

  /// How it is counted, and priced: writes, copies and listings cost most, reading little, deleting nothing.
  var requestClass: RequestClass {
    switch self {
    case .list: .list
    case .properties, .getBlockList: .head
    case .get: .get
    case .put, .putBlock, .putBlockList, .setMetadata, .setProperties, .setTier: .put
    case .putBlockFromURL, .putFromURL: .copy
    case .delete, .batchDelete: .delete
    case .createContainer: .other
    }
  }

  /// How long the service may work before it answers, where that grows with the object: as the service itself allows, or nearly so.
  var firstBytePatience: Duration? {
    switch self {
    case .putBlockFromURL, .putFromURL: .seconds(600)
    case .putBlockList, .batchDelete: .seconds(180)
    default: nil
    }
  }
}
