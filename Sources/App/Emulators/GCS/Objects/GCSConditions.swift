import Markup

/// The preconditions of a request on one object or bucket.
struct GCSConditions: Sendable, Equatable {
  var generation: Int64?
  var notGeneration: Int64?
  var metageneration: Int64?
  var notMetageneration: Int64?

  /// Those that the parameters name: `ifGenerationMatch` with `if`, `ifSourceGenerationMatch` with `ifSource`.
  init(_ query: GCSQuery, prefix: String = "if") throws(GCSFailure) {
    generation = try query.number("\(prefix)GenerationMatch")
    notGeneration = try query.number("\(prefix)GenerationNotMatch")
    metageneration = try query.number("\(prefix)MetagenerationMatch")
    notMetageneration = try query.number("\(prefix)MetagenerationNotMatch")
  }

  /// Those that were kept in a row.
  init(row: JSONValue?) {
    generation = row?["generation"]?.integerValue
    notGeneration = row?["notGeneration"]?.integerValue
    metageneration = row?["metageneration"]?.integerValue
    notMetageneration = row?["notMetageneration"]?.integerValue
  }

  var row: JSONValue {
    let all = [
      ("generation", generation), ("notGeneration", notGeneration), ("metageneration", metageneration),
      ("notMetageneration", notMetageneration),
    ]
    return .object(JSONObject(all.compactMap { entry in entry.1.map { .init(entry.0, .integer($0)) } }))
  }

  /// Compares with what is there; an object that is not has generation 0.
  /// - Parameter isRead: a read that finds what the client has already is no failure but “not modified”.
  func check(_ found: (generation: Int64, metageneration: Int64)?, isRead: Bool = false) throws(GCSFailure) {
    let same = isRead ? GCSFailure.notModified : .conditionNotMet
    if let generation, generation != found?.generation ?? 0 { throw .conditionNotMet }
    if let metageneration, metageneration != found?.metageneration { throw .conditionNotMet }
    if let notGeneration, notGeneration == found?.generation ?? 0 { throw same }
    if let notMetageneration, notMetageneration == found?.metageneration { throw same }
  }

  func check(_ object: GCSObject?, isRead: Bool = false) throws(GCSFailure) {
    try check(object.map { ($0.generation, $0.metageneration) }, isRead: isRead)
  }
}
