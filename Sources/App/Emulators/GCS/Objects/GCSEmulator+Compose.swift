import Crypto
import HTTPServer
import Markup
import Primitives

extension GCSEmulator {
  /// The API's count of components has 32 bits: it stops there.
  private static let maximumComponents = Int64(Int32.max)

  /// Makes an object of the content of others in its bucket.
  func composeObject(_ place: GCSPlace, _ call: GCSCall) async throws -> HTTPServerResponse {
    let bucket = try bucket(place.bucket, "storage.objects.create", call)
    try accounts.require("storage.objects.get", call)
    try place.checkName()
    let body = try await call.document()
    guard let list = body["sourceObjects"]?.arrayValue, !list.isEmpty else {
      throw GCSFailure.invalid("You must provide at least one source component.")
    }
    guard list.count <= 32 else {
      throw GCSFailure.invalid("The number of source components provided (\(list.count)) exceeds the maximum (32)")
    }
    var settings = try GCSObjectSettings(body["destination"]?.objectValue ?? JSONObject())
    settings.setDefault("storageClass", bucket.storageClass)
    let conditions = try GCSConditions(call.query)
    let sources = try depot.table.transaction { rows in
      try list.map { try Self.source($0, in: place.bucket, GCSRows(rows: rows)) }
    }
    guard sources.reduce(0, { $0 + $1.blob.size }) <= 5 << 40 else { throw GCSFailure.invalid("The composed object is too large.") }
    // The checksum follows from those of the parts: nothing is read.
    var crc: UInt32 = 0
    for source in sources {
      guard let digest = source.blob[.crc32c] else { throw GCSFailure(500, "internalError", "An object has no checksum.") }
      crc = CRC.combineCRC32C(crc, digest.reduce(0) { $0 << 8 | UInt32($1) }, secondLength: UInt64(source.blob.size))
    }
    let joined = try await depot.blobs.concatenate(sources.map { ($0.blob, 0..<$0.blob.size) })
    let blob = Blob(id: joined.id, digests: Digests([.crc32c: CRC.bytes(crc)], byteCount: joined.size))
    let insertion = GCSInsertion(place: place, settings: settings, checksums: GCSChecksums(), conditions: conditions)
    let object = try create(
      insertion, blob, components: sources.reduce(0) { min(Self.maximumComponents, $0 + ($1.components ?? 1)) })
    return try answer(object, call)
  }

  private static func source(_ json: JSONValue, in bucket: String, _ rows: GCSRows) throws -> GCSObject {
    guard let name = json["name"]?.stringValue else { throw GCSFailure.required("sourceObjects.name") }
    let generation = try number(json["generation"], "generation")
    let object = try rows.object(GCSPlace(bucket: bucket, name: Array(name.utf8)), generation: generation)
    if let wanted = try number(json["objectPreconditions"]?["ifGenerationMatch"], "ifGenerationMatch"), wanted != object.generation
    {
      throw GCSFailure.conditionNotMet
    }
    return object
  }

  /// Numbers of 64 bits come as texts.
  private static func number(_ json: JSONValue?, _ name: String) throws -> Int64? {
    guard let json, !json.isNull else { return nil }
    guard let number = json.integerValue ?? json.stringValue.flatMap({ Int64($0) }) else {
      throw GCSFailure.invalid("Invalid value for \(name).")
    }
    return number
  }
}
