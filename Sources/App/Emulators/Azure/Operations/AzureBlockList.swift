import Crypto
import HTTPMessages
import HTTPServer
import Markup
import Primitives

/// "Put Block List" and "Get Block List".
extension AzureOperations {
  /// Where a block of a list is looked for.
  private enum BlockSource: String {
    case committed = "Committed"
    case uncommitted = "Uncommitted"
    case latest = "Latest"
  }

  func putBlockList(_ call: AzureCall) async throws -> AzureAnswer {
    try call.grant.require(.object, "cw")
    let key = try writableKey(call)
    let conditions = try AzureConditions(call)
    let check = try AzureBodyCheck(call)
    var new = try newBlob(call, .block, name: key.name)
    // The headers of the body are those of the list here.
    new.settings = settings(call, takesContentHeaders: false)
    if let md5 = try call.md5("x-ms-blob-content-md5") { new.settings.contentMD5 = Base64.encode(md5) }
    let body = try await smallBody(call, limit: 16 << 20)
    let sums = HashStream([.md5, .crc64nvme])
    sums.update(body)
    let digests = sums.finish()
    try check.verify(digests)
    let wanted = try Self.parseBlockList(body)
    let made = new
    let stored = try store.transaction { transaction in
      var blob = made
      let existing = try transaction.blobIfAny(key)
      if let existing, existing.kind != .block { throw AzureFault.invalidBlobType }
      let content = try resolve(
        wanted, committed: existing == nil ? AzureContent() : transaction.content(key), try transaction.blocks(key))
      try replace(call, key, conditions, transaction, with: &blob)
      blob.blockIDLength = wanted.first.map { Int64($0.id.count) }
      try transaction.put(key, blob, content: content)
      return blob
    }
    var answer = AzureAnswer(201)
    try answer.addVersion(etag: stored.etag, modified: stored.modified)
    try check.addSums(digests, to: &answer)
    try answer.add("x-ms-request-server-encrypted", "true")
    return answer
  }

  /// - Throws: `InvalidXmlDocument`, `BlockListTooLong`, `InvalidBlockId`.
  private static func parseBlockList(_ body: [UInt8]) throws(AzureFault) -> [(source: BlockSource, id: [UInt8])] {
    guard let root = try? XMLDocument.parse(body, limits: MarkupLimits(byteCount: 16 << 20)), root.name == "BlockList" else {
      throw .invalidXML
    }
    guard root.children.count <= 50_000 else { throw .blockListTooLong }
    var wanted: [(source: BlockSource, id: [UInt8])] = []
    for element in root.children {
      guard let source = BlockSource(rawValue: element.name) else { throw .invalidXML }
      guard let id = Base64.decode(element.string.trimmed), !id.isEmpty else { throw .invalidBlockID }
      wanted.append((source, id))
    }
    return wanted
  }

  /// How many pieces of files a blob has at most. Blocks that are copies of blobs may have many each, and a list may name them often.
  private static let maximumExtents = 200_000

  /// The content that a list names.
  /// - Throws: `InvalidBlockList` for a block that is not there, `BlockListTooLong` where its pieces are too many.
  private func resolve(
    _ wanted: [(source: BlockSource, id: [UInt8])], committed: AzureContent, _ blocks: [AzureStagedBlock]
  ) throws(AzureFault) -> AzureContent {
    var known: [[UInt8]: (block: AzureBlock, extents: ArraySlice<AzureExtent>)] = [:]
    var start = 0
    for block in committed.blocks {
      guard let id = Base64.decode(block.id) else { continue }
      known[id] = (block, committed.extents[start..<start + block.extents])
      start += block.extents
    }
    var fresh: [[UInt8]: AzureStagedBlock] = [:]
    for block in blocks { if let id = Base64.decode(block.id) { fresh[id] = block } }
    var content = AzureContent()
    for (source, id) in wanted {
      if source != .committed, let block = fresh[id] {
        content.blocks.append(AzureBlock(id: block.id, size: block.size, extents: block.extents.count))
        content.extents += block.extents
      } else if source != .uncommitted, let (block, extents) = known[id] {
        content.blocks.append(block)
        content.extents += extents
      } else {
        throw .invalidBlockList
      }
      guard content.extents.count <= Self.maximumExtents else { throw .blockListTooLong }
    }
    return content
  }

  func getBlockList(_ call: AzureCall) throws -> AzureAnswer {
    try call.grant.require(.object, "r")
    let key = try key(call)
    let type = call.query["blocklisttype"]?.lowercased() ?? "committed"
    guard ["committed", "uncommitted", "all"].contains(type) else {
      throw AzureFault.invalidQuery("blocklisttype", type, "Not a type of block list.")
    }
    let conditions = try AzureConditions(call)
    let (blob, committed, uncommitted) = try store.transaction { transaction in
      _ = try transaction.container(key.container)
      guard let blob = try transaction.anyBlob(key) else { throw AzureFault.blobNotFound }
      guard blob.kind == .block else { throw AzureFault.invalidBlobType }
      try conditions.checkRead(blob.version)
      try blob.lease.checkRead(call["x-ms-lease-id"], "blob", transaction.now)
      let blocks = key.snapshot == nil ? try transaction.blocks(key) : []
      return (blob, try transaction.content(key).blocks, blocks)
    }
    var answer = AzureAnswer(200)
    if !blob.isUncommitted {
      try answer.addVersion(etag: blob.etag, modified: blob.modified)
      try answer.add("x-ms-blob-content-length", String(blob.size))
    } else {
      try answer.add("x-ms-blob-content-length", "0")
    }
    var xml = AzureXML()
    xml.element("BlockList") { xml in
      if type != "uncommitted" { Self.write("CommittedBlocks", committed.map { ($0.id, $0.size) }, &xml) }
      if type != "committed" { Self.write("UncommittedBlocks", uncommitted.map { ($0.id, $0.size) }, &xml) }
    }
    try answer.body(xml)
    return answer
  }

  private static func write(_ name: String, _ blocks: [(id: String, size: Int64)], _ xml: inout AzureXML) {
    xml.element(name) { xml in
      for block in blocks {
        xml.element("Block") { xml in
          xml.element("Name", block.id)
          xml.element("Size", String(block.size))
        }
      }
    }
  }
}

extension String {
  /// Without blanks and line ends around it.
  var trimmed: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
    var text = self[...]
    while let first = text.first, isBlank(first) { text.removeFirst() }
    while let last = text.last, isBlank(last) { text.removeLast() }
    return String(text)
  }
}
