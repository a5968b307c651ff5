import Concurrency
import Crypto
import HTTPClient
import Markup
public import ObjectStorage
import Primitives
import ProviderSupport

/// A file to be written, checked and ready to be named in requests.
struct NewFile: Sendable {
  let key: ObjectKey
  let condition: WriteCondition
  /// Where it goes, when it may, and its time.
  let commit: JSONObject
}

extension DropboxStore {
  public func write(_ payload: Payload, to key: ObjectKey, _ options: WriteOptions) async throws -> WriteReceipt {
    if options.keepReplacedAs != nil {
      throw StorageError.unsupported("keep what a write replaces", store: identity.displayName)
    }
    try checkName(key)
    if key.isFolder {
      guard payload.length == 0 else { throw error(.invalidArgument, key, "a folder has no bytes") }
      return try await makeFolder(key, options.condition).receipt()
    }
    guard payload.length <= DropboxLimits.largestFile else {
      throw error(.invalidArgument, key, "it is larger than the 2 TiB that the service allows")
    }
    let file = NewFile(key: key, condition: options.condition, commit: try commit(key, options))
    let isSmall = payload.length <= configuration.wholeLimit
    let (found, hash) = try await isSmall ? writeWhole(payload, file) : writeInPieces(payload, file)
    try await check(found, against: hash, payload.length, file)
    return found.receipt()
  }

  /// Where a file goes, and when it may.
  private func commit(_ key: ObjectKey, _ options: WriteOptions) throws -> JSONObject {
    let mode: JSONValue =
      switch options.condition {
      case .always: [".tag": "overwrite"]
      case .ifAbsent: [".tag": "add"]
      case .ifMatches(let version): [".tag": "update", "update": .string(try revision(version, key))]
      }
    // Strict: else a file with the same bytes is no conflict, and a state that was named and is gone neither.
    var commit: JSONObject = ["path": path(key), "mode": mode, "autorename": false, "strict_conflict": true]
    if let modified = options.metadata.modified?.truncated(toNanoseconds: 1_000_000_000), let text = Self.text(modified) {
      commit["client_modified"] = .string(text)
    }
    return commit
  }

  /// `2015-05-12T15:50:38Z`; nil for years that the service's form cannot hold.
  private static func text(_ time: Timestamp) -> String? {
    let text = time.iso8601
    return text.utf8.count == 20 ? text : nil
  }

  // MARK: Small files

  /// Holds a small file and knows its hash before any of it is sent: the service stores nothing that does not match.
  ///
  /// A file alone is one request. Files that are written side by side are sent each by itself and committed together, since every
  /// commit takes the account's one lock.
  private func writeWhole(_ payload: Payload, _ file: NewFile) async throws -> (FileResource, [UInt8]) {
    let count = Int(payload.length)
    let isAlone = commits.enter()
    defer { commits.leave() }
    let session: String
    let hash: [UInt8]
    do {
      let held = max(count, 1)
      try await memory.acquire(held)
      defer { memory.release(held) }
      let reader = try PayloadReader(payload, hashes: [], key: file.key, store: identity.displayName)
      let bytes = try await reader.next(count)
      _ = try await reader.finish()
      hash = SHA256.hash(try await blockDigests(bytes))
      // After the last byte was read.
      try payload.verifyUnchanged()
      if isAlone { return (try await upload(bytes, hash, file), hash) }
      session = try await startSession(bytes, hash, file.key)
    }
    let commit = Commit(session: session, length: payload.length, file: file)
    return (try await commits.submit(commit), hash)
  }

  private func upload(_ bytes: [UInt8], _ hash: [UInt8], _ file: NewFile) async throws -> FileResource {
    var argument = file.commit
    argument["content_hash"] = .string(Hex.encode(hash))
    var request = DropboxRequest(.upload, .object(argument), key: file.key)
    request.body = .bytes(bytes)
    request.condition = file.condition
    return try resource(try await client.fetch(request), request, kind: .file)
  }

  /// Sends all of a file into a session that takes nothing more.
  private func startSession(_ bytes: [UInt8], _ hash: [UInt8], _ key: ObjectKey) async throws -> String {
    try await startSession(["close": true, "content_hash": .string(Hex.encode(hash))], bytes, key)
  }

  func startSession(_ argument: JSONValue, _ bytes: [UInt8], _ key: ObjectKey) async throws -> String {
    var request = DropboxRequest(.startSession, argument, key: key)
    request.body = .bytes(bytes)
    guard let session = try await client.fetch(request)["session_id"]?.stringValue, !session.isEmpty else {
      throw error(.internalError, retry: .later, key, "the store began an upload without naming it")
    }
    return session
  }

  // MARK: What is the same for all

  /// The hashes of the blocks of 4 MiB, one behind the other.
  func blockDigests(_ bytes: [UInt8]) async throws -> [UInt8] {
    func digests() -> [UInt8] {
      bytes.withUnsafeBytes { SHA256OfParts.digests(of: $0, partSize: DropboxLimits.hashBlock) }
    }
    // What takes long to hash is not for the loop.
    if bytes.count <= 64 << 10 { return digests() }
    return try await BlockingPool.shared.run {
      bytes.withUnsafeBytes { SHA256OfParts.digests(of: $0, partSize: DropboxLimits.hashBlock) }
    }
  }

  private func check(_ found: FileResource, against hash: [UInt8], _ length: Int64, _ file: NewFile) async throws {
    guard found.size == length, found.contentHash.map({ $0 == hash }) ?? true else {
      throw error(
        .corrupted, retry: .later, file.key, "the store's length or hash is not that of what was sent", mayHaveHappened: true)
    }
    if found.name.elementsEqual(file.key.name) { return }
    if file.condition == .ifAbsent {
      // Nobody else's: it was not there before.
      _ = try? await delete([DeleteTarget(file.key, ifMatches: found.version)])
    } else if DropboxNames.isSame(found.name, file.key.name) {
      // Over a name that differs in case alone the service keeps the old spelling; that is what folding case means.
      return
    }
    throw error(
      .invalidArgument, file.key, "Dropbox keeps it under another name, “\(DisplayText.escape(found.name))”", mayHaveHappened: true)
  }

  // MARK: Folders

  private func makeFolder(_ key: ObjectKey, _ condition: WriteCondition) async throws -> FileResource {
    if case .ifMatches(let version) = condition {
      guard let found = try await lookUp(key), found.version == version else {
        throw error(.preconditionFailed, key, "it changed meanwhile")
      }
      return found
    }
    let request = DropboxRequest(.createFolder, ["path": path(key), "autorename": false], key: key)
    do {
      return try resource(try await client.fetch(request)["metadata"], request, kind: .folder)
    } catch let failure as StorageError where failure.code == .alreadyExists && condition == .always {
      // There already, unless it is a file.
      guard let found = try await lookUp(key) else { throw failure }
      return found
    }
  }
}
