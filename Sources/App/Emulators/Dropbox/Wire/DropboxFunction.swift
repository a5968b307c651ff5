import HTTPServer

/// One function of the API, as its path names it.
struct DropboxFunction: Sendable {
  /// How the argument and the content come.
  enum Style: Sendable {
    /// The argument is the body, JSON.
    case rpc
    /// There is none: the body is `null`, or nothing.
    case noArgument
    /// The argument is a header, the body is content.
    case upload
    /// The argument is a header, the answer's body is content.
    case download
  }

  /// Whose token it needs.
  enum Access: Sendable {
    case user(DropboxScope?)
    case nobody
  }

  enum Effect: Sendable {
    case reads
    case writes
  }

  typealias Body = @Sendable (DropboxEmulator, DropboxCall) async throws -> HTTPServerResponse

  let style: Style
  let access: Access
  let effect: Effect
  let perform: Body

  init(_ style: Style, _ access: Access, _ effect: Effect = .reads, _ perform: @escaping Body) {
    self.style = style
    self.access = access
    self.effect = effect
    self.perform = perform
  }

  /// All functions by name.
  static let all: [String: DropboxFunction] = [
    "check/user": DropboxFunction(.rpc, .user(.accountRead)) { try $0.checkUser($1) },
    "users/get_current_account": DropboxFunction(.noArgument, .user(.accountRead)) { _, _ in .json(DropboxAccount.json) },
    "users/get_space_usage": DropboxFunction(.noArgument, .user(.accountRead)) { emulator, _ in try emulator.spaceUsage() },

    "files/upload": DropboxFunction(.upload, .user(.contentWrite), .writes) { try await $0.upload($1) },
    "files/upload_session/start": DropboxFunction(.upload, .user(.contentWrite)) { try await $0.sessionStart($1) },
    "files/upload_session/start_batch": DropboxFunction(.rpc, .user(.contentWrite)) { try $0.sessionStartBatch($1) },
    "files/upload_session/append_v2": DropboxFunction(.upload, .user(.contentWrite)) { try await $0.sessionAppend($1) },
    "files/upload_session/append_batch": DropboxFunction(.upload, .user(.contentWrite)) { try await $0.sessionAppendBatch($1) },
    "files/upload_session/finish": DropboxFunction(.upload, .user(.contentWrite), .writes) { try await $0.sessionFinish($1) },
    "files/upload_session/finish_batch_v2": DropboxFunction(.rpc, .user(.contentWrite), .writes) {
      try await $0.sessionFinishBatch($1)
    },
    "files/upload_session/finish_batch": DropboxFunction(.rpc, .user(.contentWrite), .writes) {
      try await $0.sessionFinishJob($1)
    },
    "files/upload_session/finish_batch/check": DropboxFunction(.rpc, .user(.contentWrite)) { try $0.job($1) },

    "files/download": DropboxFunction(.download, .user(.contentRead)) { try $0.download($1) },
    "files/get_metadata": DropboxFunction(.rpc, .user(.metadataRead)) { try $0.getMetadata($1) },
    "files/list_folder": DropboxFunction(.rpc, .user(.metadataRead)) { try $0.listFolder($1) },
    "files/list_folder/continue": DropboxFunction(.rpc, .user(.metadataRead)) { try $0.listFolderContinue($1) },
    "files/list_folder/get_latest_cursor": DropboxFunction(.rpc, .user(.metadataRead)) { try $0.latestCursor($1) },
    "files/list_folder/longpoll": DropboxFunction(.rpc, .nobody) { try await $0.longPoll($1) },
    "files/list_revisions": DropboxFunction(.rpc, .user(.metadataRead)) { try $0.listRevisions($1) },
    "files/restore": DropboxFunction(.rpc, .user(.contentWrite), .writes) { try $0.restore($1) },

    "files/create_folder_v2": DropboxFunction(.rpc, .user(.contentWrite), .writes) { try $0.createFolder($1) },
    "files/create_folder_batch": DropboxFunction(.rpc, .user(.contentWrite), .writes) { try $0.createFolderBatch($1) },
    "files/create_folder_batch/check": DropboxFunction(.rpc, .user(.contentWrite)) { try $0.job($1) },
    "files/delete_v2": DropboxFunction(.rpc, .user(.contentWrite), .writes) { try $0.delete($1) },
    "files/delete_batch": DropboxFunction(.rpc, .user(.contentWrite), .writes) { try $0.deleteBatch($1) },
    "files/delete_batch/check": DropboxFunction(.rpc, .user(.contentWrite)) { try $0.job($1) },
    "files/move_v2": DropboxFunction(.rpc, .user(.contentWrite), .writes) { try $0.relocate($1, .move) },
    "files/copy_v2": DropboxFunction(.rpc, .user(.contentWrite), .writes) { try $0.relocate($1, .copy) },
    "files/move_batch_v2": DropboxFunction(.rpc, .user(.contentWrite), .writes) { try $0.relocateBatch($1, .move) },
    "files/copy_batch_v2": DropboxFunction(.rpc, .user(.contentWrite), .writes) { try $0.relocateBatch($1, .copy) },
    "files/move_batch/check_v2": DropboxFunction(.rpc, .user(.contentWrite)) { try $0.job($1) },
    "files/copy_batch/check_v2": DropboxFunction(.rpc, .user(.contentWrite)) { try $0.job($1) },
  ]
}

/// One call of a function.
struct DropboxCall: Sendable {
  let request: HTTPServerRequest
  /// nil where the function takes none.
  private let given: DropboxArguments?

  init(_ request: HTTPServerRequest, _ arguments: DropboxArguments?) {
    self.request = request
    given = arguments
  }

  /// The argument of a function that has one.
  var arguments: DropboxArguments {
    guard let given else { preconditionFailure("this function takes no argument") }
    return given
  }
}
