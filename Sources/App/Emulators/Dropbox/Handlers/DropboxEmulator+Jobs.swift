import Crypto
import HTTPServer
import Markup
import Primitives

extension DropboxEmulator {
  /// What a call that works in the background answers. The work is done already; its result is told when it was asked for often enough.
  func startJob(_ result: JSONObject) throws -> HTTPServerResponse {
    let id = "dbjid:" + Hex.encode(Random.bytes(20))
    try depot.table.put(
      "job", Array(id.utf8), .object(["polls": .integer(Int64(rules.jobPolls)), "result": .object(result)]))
    return .json(.object([".tag": "async_job_id", "async_job_id": .string(id)]))
  }

  /// `…/check`.
  func job(_ call: DropboxCall) throws -> HTTPServerResponse {
    try call.arguments.allow(["async_job_id"])
    let id = Array(try call.arguments.string("async_job_id").utf8)
    guard !id.isEmpty else { throw call.arguments.refusal("async_job_id", "'' must be at least 1 characters, got 0") }
    let answer: JSONObject = try depot.table.transaction { rows in
      guard let job = try rows.get("job", id), let polls = job["polls"]?.integerValue, let result = job["result"]?.objectValue
      else {
        throw DropboxRefusal.endpoint(.void("invalid_async_job_id"))
      }
      if polls > 0 {
        try rows.put("job", id, .object(["polls": .integer(polls - 1), "result": .object(result)]))
        return [".tag": "in_progress"]
      }
      var complete: JSONObject = [".tag": "complete"]
      for member in result.members { complete[member.key] = member.value }
      return complete
    }
    return .json(.object(answer))
  }
}
