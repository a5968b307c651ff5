import Arguments
import Markup
import ObjectStorage
import Observability
import Primitives
import Transfer

/// `isobar ls LOCATION`
enum LsCommand: Command {
  static let description = CommandDescription(
    name: "ls", abstract: "List files and folders",
    examples: [
      CommandExample("isobar ls s3://my-bucket/photos", "One folder."),
      CommandExample("isobar ls -lR cloud:photos", "Everything below, with sizes and times."),
      CommandExample("isobar ls --tree ~/Documents", "As a tree."),
    ],
    options: [
      OptionDescription(long: "long", short: "l", help: "Show size, time and permissions"),
      OptionDescription(long: "recursive", short: "R", help: "List everything below, not one level"),
      OptionDescription(long: "tree", help: "List everything below, indented"), SharedOptions.json, SharedOptions.state,
    ] + SharedOptions.connection,
    operands: [
      OperandDescription(name: "LOCATION", help: "a folder or file; by default this folder", arity: .many, completion: .storeEnd)
    ], exitCodes: ExitStatus.descriptions(0, 1, 2, 5, 130))

  static func run(_ call: Call) async throws -> ExitStatus {
    try await Session.with(call) { session in
      let operands = call.arguments.operands.isEmpty ? [Argument([UInt8(ascii: ".")])] : call.arguments.operands
      var status = ExitStatus.done
      var json = JSONWriter(.pretty)
      if call.output.isJSON { json.beginArray() }
      for operand in operands {
        let location = try await session.locate(operand)
        if operands.count > 1, !call.output.isJSON { try call.console.print("\(location.name):") }
        let problems = try await Listing(call, location).show(&json)
        if !problems.isEmpty { status = .pathsFailed }
        if !call.output.isJSON {
          for problem in problems { call.console.printError("\(problem.key.map { "\($0): " } ?? "")\(problem.words)") }
        }
      }
      if call.output.isJSON {
        json.endArray()
        try call.console.write(json.takeBytes() + [0x0A])
      }
      return status
    }
  }
}

/// One location's listing.
private struct Listing {
  private let call: Call
  private let location: Location
  private let isLong: Bool
  private let isTree: Bool
  private let reach: TreeLister.Reach

  init(_ call: Call, _ location: Location) {
    self.call = call
    self.location = location
    isLong = call.arguments.flag("long")
    isTree = call.arguments.flag("tree")
    reach = isTree || call.arguments.flag("recursive") ? .tree : .folder
  }

  func show(_ json: inout JSONWriter) async throws -> [ListProblem] {
    if !location.isFolder, let info = try await location.store.find(try location.key()) {
      if call.output.isJSON {
        begin(&json)
        json.value(.object(JSONObject(EntryJSON.members(info.entry.key, info.entry))))
        end(&json, [])
      } else {
        try call.console.print(line(info.entry.key, info.entry, depth: 0, prefix: 0))
      }
      return []
    }
    let folder = try location.folder()
    var count = 0
    if call.output.isJSON { begin(&json) }
    var writer = json
    let problems = try await TreeLister(location.store).list(folder, reach: reach) { item in
      count += 1
      if call.output.isJSON {
        writer.value(.object(JSONObject(EntryJSON.members(item.key, item.entry))))
        try call.console.write(writer.takeBytes())
      } else {
        try call.console.print(line(item.key, item.entry, depth: item.depth, prefix: folder?.bytes.count ?? 0))
      }
    }
    json = writer
    if call.output.isJSON { end(&json, problems) }
    // A store without real folders cannot tell an empty one from none.
    if count == 0, problems.isEmpty, let folder, try await location.store.find(folder) == nil {
      throw CommandError(
        "notFound", "\(location.name): there is nothing of this name",
        advice: "`isobar ls` of the folder above shows what is there.",
        status: .pathsFailed)
    }
    return problems
  }

  private func begin(_ json: inout JSONWriter) {
    json.beginObject()
    json.member("location", .string(location.name))
    json.key("items")
    json.beginArray()
  }

  private func end(_ json: inout JSONWriter, _ problems: [ListProblem]) {
    json.endArray()
    json.member("problems", .array(problems.map(EntryJSON.problem)))
    json.endObject()
  }

  /// - Parameter prefix: how many bytes of the key are the listed folder.
  private func line(_ key: ObjectKey, _ entry: ObjectEntry?, depth: Int, prefix: Int) -> String {
    var name = DisplayText.escape(key.bytes.dropFirst(prefix))
    if isTree {
      name = String(repeating: "  ", count: depth) + DisplayText.escape(key.name) + (key.isFolder ? "/" : "")
    }
    if key.isFolder { name = call.console.outputStyle.paint(name, .blue) }
    guard isLong else { return name }
    let size = key.isFolder ? "-" : call.output.verbosity > 0 ? "\(entry?.size ?? 0)" : Wording.bytes(entry?.size ?? 0)
    let time = (entry?.modified ?? entry?.stored).map(Wording.time) ?? ""
    let mode = entry?.mode.map(EntryJSON.octal) ?? ""
    return "\(pad(mode, 4, left: true)) \(pad(size, 10, left: true)) \(pad(time, 20, left: false)) \(name)"
  }

  private func pad(_ text: String, _ width: Int, left: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return left ? space + text : text + space
  }
}
