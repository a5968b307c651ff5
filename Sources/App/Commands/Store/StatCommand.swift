import Arguments
import Markup
import ObjectStorage
import Primitives

/// `isobar stat LOCATION…`
enum StatCommand: Command {
  static let description = CommandDescription(
    name: "stat", abstract: "Show all that is known of a file",
    examples: [CommandExample("isobar stat s3://my-bucket/photos/a.jpg", "Size, times, hashes, metadata.")],
    options: [SharedOptions.json, SharedOptions.state] + SharedOptions.connection,
    operands: [OperandDescription(name: "LOCATION", help: "a file or folder", arity: .atLeast(1), completion: .storeEnd)],
    exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      var objects: [JSONValue] = []
      for operand in call.arguments.operands {
        let location = try await session.locate(operand)
        let info = try await find(location)
        if call.output.isJSON {
          objects.append(EntryJSON.info(info))
        } else {
          try show(info, location, call)
        }
      }
      if call.output.isJSON { try call.console.printJSON(objects.count == 1 ? objects[0] : .array(objects)) }
      return .done
    }
  }

  private static func find(_ location: Location) async throws -> ObjectInfo {
    if !location.isFolder, let info = try await location.store.find(try location.key()) { return info }
    if let folder = try location.folder() { return try await location.store.stat(folder) }
    throw CommandError.usage(
      "\(location.name) is a store's root; name something in it", advice: "`isobar doctor` describes a store.")
  }

  private static func show(_ info: ObjectInfo, _ location: Location, _ call: Call) throws {
    let entry = info.entry
    var table = TextTable(.left, .left)
    table.add("name", location.name)
    table.add("key", entry.key.description)
    if !entry.key.isFolder { table.add("size", "\(entry.size) (\(Wording.bytes(entry.size)))") }
    if let time = entry.modified { table.add("modified", time.iso8601) }
    if let time = entry.stored { table.add("stored", time.iso8601) }
    if let mode = entry.mode { table.add("mode", EntryJSON.octal(mode)) }
    let isText = entry.version.bytes.allSatisfy { (0x20..<0x7F).contains($0) }
    table.add("version", isText ? entry.version.text : Hex.encode(entry.version.bytes))
    var seen: Set<String> = []
    for hash in info.hashes + (entry.hash.map { [$0] } ?? []) where seen.insert(hash.method.label).inserted {
      table.add(hash.method.label, Hex.encode(hash.bytes))
    }
    if let type = info.contentType { table.add("type", DisplayText.escape(type)) }
    if let storageClass = entry.storageClass { table.add("class", storageClass.name) }
    for (name, value) in info.userMetadata.sorted(by: { $0.key < $1.key }) {
      table.add("metadata", "\(DisplayText.escape(name))=\(DisplayText.escape(value))")
    }
    if info.isArchived { table.add("archived", "yes: it must be restored before it can be read") }
    for line in table.lines { try call.console.print(line) }
  }
}
