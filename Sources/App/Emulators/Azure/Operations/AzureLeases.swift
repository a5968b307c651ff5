import HTTPMessages
import HTTPServer
import Primitives

/// "Lease Blob" and "Lease Container".
extension AzureOperations {
  func leaseBlob(_ call: AzureCall) throws -> AzureAnswer {
    let action = call["x-ms-lease-action"]?.lowercased()
    try call.grant.require(.object, action == "break" ? "wd" : "w")
    let key = try writableKey(call)
    let conditions = try AzureConditions(call)
    let (blob, outcome) = try store.transaction { transaction in
      _ = try transaction.container(key.container)
      let old = try transaction.blobIfAny(key)
      try conditions.checkWrite(old?.version)
      guard var blob = old else { throw AzureFault.blobNotFound }
      let outcome = try carryOut(call, action, &blob.lease, transaction.now)
      try transaction.put(key, blob)
      return (blob, outcome)
    }
    return try answer(outcome, etag: blob.etag, modified: blob.modified)
  }

  func leaseContainer(_ call: AzureCall) throws -> AzureAnswer {
    let action = call["x-ms-lease-action"]?.lowercased()
    try call.grant.require(.container, action == "break" ? "wd" : "w")
    let conditions = try AzureConditions(call)
    let (container, outcome) = try store.transaction { transaction in
      var container = try transaction.container(call.address.container ?? "")
      try conditions.checkWrite(container.version)
      let outcome = try carryOut(call, action, &container.lease, transaction.now)
      try transaction.put(container)
      return (container, outcome)
    }
    return try answer(outcome, etag: container.etag, modified: container.modified)
  }

  /// What an action has come to.
  private struct Outcome {
    var status: Int
    var id: String?
    /// Seconds until it is broken.
    var left: Int64?
  }

  private func answer(_ outcome: Outcome, etag: Int64, modified: Timestamp) throws -> AzureAnswer {
    var answer = AzureAnswer(outcome.status)
    try answer.addVersion(etag: etag, modified: modified)
    try answer.add("x-ms-lease-id", outcome.id)
    try answer.add("x-ms-lease-time", outcome.left.map { String($0) })
    return answer
  }

  private func carryOut(_ call: AzureCall, _ action: String?, _ lease: inout AzureLease, _ now: Timestamp) throws(AzureFault)
    -> Outcome
  {
    switch action {
    case "acquire":
      guard let text = call["x-ms-lease-duration"] else { throw .missingHeader("x-ms-lease-duration") }
      guard let duration = Int64(text), duration == -1 || (15...60).contains(duration) else {
        throw .invalidHeader("x-ms-lease-duration", text)
      }
      let proposed = call["x-ms-proposed-lease-id"] == nil ? nil : try id(call, "x-ms-proposed-lease-id")
      return Outcome(status: 201, id: try lease.acquire(proposed, duration: duration, now))
    case "renew":
      let id = try id(call, "x-ms-lease-id")
      try lease.renew(id, now)
      return Outcome(status: 200, id: id)
    case "change":
      let proposed = try id(call, "x-ms-proposed-lease-id")
      try lease.change(try id(call, "x-ms-lease-id"), to: proposed, now)
      return Outcome(status: 200, id: proposed)
    case "release":
      try lease.release(try id(call, "x-ms-lease-id"))
      return Outcome(status: 200)
    case "break":
      let period = try call.number("x-ms-lease-break-period")
      if let period, period > 60 { throw .invalidHeader("x-ms-lease-break-period", String(period)) }
      return Outcome(status: 202, left: try lease.breakUp(after: period, now))
    case nil: throw .missingHeader("x-ms-lease-action")
    case let action?: throw .invalidHeader("x-ms-lease-action", action)
    }
  }

  private func id(_ call: AzureCall, _ name: String) throws(AzureFault) -> String {
    guard let text = call[name] else { throw .missingHeader(name) }
    guard let id = AzureID.parse(text) else { throw .invalidHeader(name, text) }
    return id
  }
}
