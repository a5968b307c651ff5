import HTTPClient
import HTTPMessages
import Markup
import ObjectStorage
import Primitives

/// A block that the service has of a blob.
struct ListedBlock: Sendable {
  /// As the service spells it.
  var id: String
  var size: Int64
}

/// The blocks that the service has of a blob.
struct BlockList: Sendable {
  /// The state that the committed ones are of; nil if none was ever committed.
  var version: ObjectVersion?
  /// In the order of the content.
  var committed: [ListedBlock]
  var uncommitted: [ListedBlock]
}

/// A block of a blob to be.
enum BlockReference: Sendable, Hashable {
  /// One that the blob has.
  case committed(String)
  /// One that was sent or copied for it.
  case uncommitted(String)

  var id: String {
    switch self {
    case .committed(let id), .uncommitted(let id): id
    }
  }
}

extension AzureStore {
  /// Asks for the blocks of a blob; nil if there is no such blob. One request.
  func blockList(_ name: [UInt8], key: ObjectKey?, type: String) async throws -> BlockList? {
    var request = AzureRequest(.getBlockList, .get, .blob(name), key: key)
    request.ask("comp", "blocklist")
    request.ask("blocklisttype", type)
    do {
      let (document, response) = try await client.fetch(request, limit: 32 << 20)
      func blocks(_ element: XMLElement?) -> [ListedBlock] {
        (element?.children("Block") ?? []).compactMap { block in
          guard let id = block.child("Name")?.string, let size = block.child("Size").flatMap({ Int64($0.string) }), size >= 0 else {
            return nil
          }
          return ListedBlock(id: id, size: size)
        }
      }
      return BlockList(
        version: EntityTag.version(response.headers["etag"]), committed: blocks(document.child("CommittedBlocks")),
        uncommitted: blocks(document.child("UncommittedBlocks")))
    } catch let error as StorageError where error.code == .notFound { return nil }
  }

  /// Makes a blob of blocks.
  /// - Parameters:
  ///   - md5: of the whole, where it is known: kept for who reads it.
  ///   - base: the state whose blocks are taken over; then nothing else may be replaced.
  func commit(
    _ blocks: [BlockReference], as object: NewObject, md5: [UInt8]?, base: ObjectVersion? = nil
  ) async throws -> ObjectVersion {
    var document = XMLWriter()
    document.start("BlockList")
    for block in blocks {
      switch block {
      case .committed(let id): try document.element("Committed", id)
      case .uncommitted(let id): try document.element("Uncommitted", id)
      }
    }
    document.end()
    var request = AzureRequest(.putBlockList, .put, .blob(object.name), key: object.key)
    request.ask("comp", "blocklist")
    request.headers = object.headers
    let body = document.finish()
    request.add("content-type", "application/xml")
    request.add("x-ms-content-crc64", BlockCRC.header(BlockCRC.of(body)))
    if let md5 { request.add("x-ms-blob-content-md5", Base64.encode(md5)) }
    var condition = object.condition
    if let base {
      if case .always = condition { condition = .ifMatches(base) }
      if case .ifMatches(let version) = condition, EntityTag.header(version) != EntityTag.header(base) {
        return try unknown(object.key)
      }
    }
    try add(condition, to: &request)
    request.setBody(body)
    let response = try await client.exchange(request)
    if response.isSuccess { return try version(response, request) }
    let failure = client.errors.error(response, request: request)
    // Whoever wrote it meanwhile took our blocks with him.
    if ServiceError(response.headers, response.body).code == "InvalidBlockList", condition != .always {
      let found = try await find(object.key)?.entry.version
      switch condition {
      case .ifAbsent: if found != nil { throw error(.alreadyExists, object.key, "cannot write it: it is there already") }
      case .ifMatches(let wanted):
        if found.map({ EntityTag.header($0) != EntityTag.header(wanted) }) ?? true { return try unknown(object.key) }
      case .always: break
      }
    }
    throw failure
  }

  /// The state that a write left.
  func version(_ response: HTTPResponse, _ request: AzureRequest) throws -> ObjectVersion {
    guard let version = EntityTag.version(response.headers["etag"]) else {
      var error = error(
        .internalError, request.key, "the store's answer to \(request.operation.rawValue) names no state of the object")
      error.mayHaveHappened = true
      throw error
    }
    return version
  }
}
