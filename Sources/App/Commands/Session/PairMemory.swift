import Catalog
import Composition
import Markup
import Primitives
import Sync

/// How a pair was named when it was synced, kept with its state: `undo`, `retry` and the like find both ends by it without being told.
/// Holds no secret: credentials are looked up anew.
struct PairMemory: Sendable, Equatable {
  /// The ends, as they may be written again.
  var left: [UInt8]
  var right: [UInt8]
  /// Which way changes flow.
  var direction: SyncDirection
  /// The pair's name in the configuration, if it has one.
  var name: String?
  /// The configuration's path, if there was one.
  var configuration: String?
  /// How s3:// ends were reached.
  var connection: S3Connection

  private static let key = "command.ends"

  /// What is kept of a pair; nil if nothing is, or nothing that can be read.
  init?(_ catalog: PairCatalog) {
    guard let bytes = try? catalog.meta(Self.key), let value = try? JSONValue.parse(bytes),
      let left = value["left"]?.stringValue.flatMap(Base64.decode), let right = value["right"]?.stringValue.flatMap(Base64.decode),
      let direction = value["direction"]?.stringValue.flatMap(SyncDirection.init(label:))
    else { return nil }
    func text(_ name: String) -> String? { value[name]?.stringValue }
    self.init(
      left: left, right: right, direction: direction, name: text("name"), configuration: text("configuration"),
      connection: S3Connection(
        endpoint: text("endpoint"), region: text("region"), profile: text("profile"), caFile: text("caFile")))
  }

  /// What is to be kept.
  init(
    left: [UInt8], right: [UInt8], direction: SyncDirection, name: String? = nil, configuration: String? = nil,
    connection: S3Connection = S3Connection()
  ) {
    self.left = left
    self.right = right
    self.direction = direction
    self.name = name
    self.configuration = configuration
    self.connection = connection
  }

  /// Keeps it with the pair's state, if it is not what is kept.
  func store(in catalog: PairCatalog) throws {
    if PairMemory(catalog) == self { return }
    var members: [JSONObject.Member] = [
      .init("left", .string(Base64.encode(left))), .init("right", .string(Base64.encode(right))),
      .init("direction", .string(direction.label)),
    ]
    for (name, value) in [
      ("name", name), ("configuration", configuration), ("endpoint", connection.endpoint), ("region", connection.region),
      ("profile", connection.profile), ("caFile", connection.caFile),
    ] { if let value { members.append(.init(name, .string(value))) } }
    try catalog.setMeta(Self.key, JSONValue.object(JSONObject(members)).bytes())
  }
}

extension SyncDirection {
  /// The bounded label, as a configuration spells it.
  var label: String {
    switch self {
    case .twoWay: "two-way"
    case .copy: "copy"
    case .mirror: "mirror"
    }
  }

  init?(label: String) {
    switch label {
    case "two-way": self = .twoWay
    case "copy": self = .copy
    case "mirror": self = .mirror
    default: return nil
    }
  }
}
