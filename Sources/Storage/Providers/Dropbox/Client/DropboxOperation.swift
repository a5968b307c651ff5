import ObjectStorage

/// The requests this provider makes, by their routes, with what an app must be allowed for each.
enum DropboxOperation: String, Sendable {
  case listFolder = "files/list_folder"
  case listMore = "files/list_folder/continue"
  case latestCursor = "files/list_folder/get_latest_cursor"
  case longpoll = "files/list_folder/longpoll"
  case listRevisions = "files/list_revisions"
  case metadata = "files/get_metadata"
  case download = "files/download"
  case upload = "files/upload"
  case startSession = "files/upload_session/start"
  case append = "files/upload_session/append_v2"
  case finishBatch = "files/upload_session/finish_batch_v2"
  case createFolder = "files/create_folder_v2"
  case delete = "files/delete_v2"
  case deleteBatch = "files/delete_batch"
  case deleteStatus = "files/delete_batch/check"
  case copy = "files/copy_v2"
  case move = "files/move_v2"
  case copyBatch = "files/copy_batch_v2"
  case copyStatus = "files/copy_batch/check_v2"
  case moveBatch = "files/move_batch_v2"
  case moveStatus = "files/move_batch/check_v2"
  case account = "users/get_current_account"
  case space = "users/get_space_usage"

  /// How a route takes its argument and gives its answer.
  enum Style { case json, upload, download, wait }

  var style: Style {
    switch self {
    case .upload, .startSession, .append: .upload
    case .download: .download
    case .longpoll: .wait
    default: .json
    }
  }

  /// The scope that allows it.
  var scope: String {
    switch self {
    case .listFolder, .listMore, .latestCursor, .longpoll, .listRevisions, .metadata: "files.metadata.read"
    case .download: "files.content.read"
    case .account, .space: "account_info.read"
    case .upload, .startSession, .append, .finishBatch, .createFolder, .delete, .deleteBatch, .deleteStatus, .copy, .copyBatch,
      .copyStatus, .move, .moveBatch, .moveStatus:
      "files.content.write"
    }
  }

  /// In which class it is counted.
  var requestClass: RequestClass {
    switch self {
    case .listFolder, .listMore, .listRevisions: .list
    case .metadata: .head
    case .download: .get
    case .upload, .startSession, .append, .finishBatch, .createFolder: .put
    case .copy, .copyBatch, .copyStatus, .move, .moveBatch, .moveStatus: .copy
    case .delete, .deleteBatch, .deleteStatus: .delete
    case .latestCursor, .longpoll, .account, .space: .other
    }
  }

  /// Whether it makes nothing: a name that the service cannot have is then one that is not there.
  var looksOnly: Bool {
    switch self {
    case .listFolder, .listRevisions, .metadata, .download, .delete, .deleteBatch, .deleteStatus: true
    default: false
    }
  }

  /// What was being done, for a message: "cannot …".
  var attempt: String {
    switch self {
    case .listFolder, .listMore: "list the folder"
    case .latestCursor, .longpoll: "look for changes"
    case .listRevisions: "list its versions"
    case .metadata: "look at it"
    case .download: "read it"
    case .upload, .startSession, .append, .finishBatch: "write it"
    case .createFolder: "make the folder"
    case .delete, .deleteBatch, .deleteStatus: "delete it"
    case .copy, .copyBatch, .copyStatus: "copy it"
    case .move, .moveBatch, .moveStatus: "move it"
    case .account: "look at the account"
    case .space: "look at the account's space"
    }
  }
}
