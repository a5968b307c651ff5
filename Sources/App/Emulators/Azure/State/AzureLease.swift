import Markup
import Primitives

/// The lease of a container or blob: a lock with an identifier ("Lease Blob").
struct AzureLease: Hashable {
  enum State: String {
    case available, leased, expired, breaking, broken
  }

  private var id: String?
  /// Seconds; -1 for ever.
  private var duration: Int64 = -1
  /// When a lease of some duration is over.
  private var end: Timestamp?
  /// When a lease that is being broken is over.
  private var breaksAt: Timestamp?

  init() {}

  /// What the lease is at `now`.
  func state(_ now: Timestamp) -> State {
    guard id != nil else { return .available }
    if let breaksAt { return breaksAt > now ? .breaking : .broken }
    if let end, end <= now { return .expired }
    return .leased
  }

  func isLocked(_ now: Timestamp) -> Bool { state(now) == .leased || state(now) == .breaking }

  /// `infinite` or `fixed` while it is leased.
  func durationText(_ now: Timestamp) -> String? { state(now) == .leased ? (duration < 0 ? "infinite" : "fixed") : nil }

  /// - Parameter duration: seconds, 15 to 60, or -1.
  /// - Returns: the lease's identifier.
  mutating func acquire(_ proposed: String?, duration: Int64, _ now: Timestamp) throws(AzureFault) -> String {
    switch state(now) {
    case .leased where proposed == nil || proposed != id: throw .leaseAlreadyPresent
    case .breaking: throw proposed == id ? .leaseBreakingAcquire : .leaseAlreadyPresent
    default: break
    }
    let new = proposed ?? AzureID.make()
    (id, self.duration, breaksAt) = (new, duration, nil)
    end = duration < 0 ? nil : now + .seconds(duration)
    return new
  }

  mutating func renew(_ given: String, _ now: Timestamp) throws(AzureFault) {
    guard let id, id == given else { throw .leaseMismatch }
    if breaksAt != nil { throw .leaseBroken }
    end = duration < 0 ? nil : now + .seconds(duration)
  }

  mutating func change(_ given: String, to proposed: String, _ now: Timestamp) throws(AzureFault) {
    switch state(now) {
    case .available, .expired, .broken: throw .leaseNotPresent
    case .breaking: throw given == id ? .leaseBreakingChange : .leaseMismatch
    case .leased:
      guard given == id || proposed == id else { throw .leaseMismatch }
      id = proposed
    }
  }

  mutating func release(_ given: String) throws(AzureFault) {
    guard let id, id == given else { throw .leaseMismatch }
    self = AzureLease()
  }

  /// - Parameter period: seconds, 0 to 60; nil: what is left of the lease.
  /// - Returns: seconds until it is broken.
  mutating func breakUp(after period: Int64?, _ now: Timestamp) throws(AzureFault) -> Int64 {
    switch state(now) {
    case .available: throw .leaseNotPresent
    case .broken: return 0
    case .expired:
      breaksAt = now
      return 0
    case .leased, .breaking:
      let left = breaksAt ?? end
      let wanted = period.map { now + .seconds($0) }
      let time: Timestamp
      // A break never lasts longer than the lease would have.
      switch (left, wanted) {
      case (let left?, let wanted?): time = min(left, wanted)
      case (let left?, nil): time = left
      case (nil, let wanted?): time = wanted
      case (nil, nil): time = now
      }
      breaksAt = time
      return max(0, (time - now).components.seconds)
    }
  }

  /// Whether a change is allowed to somebody who names the lease `given`.
  /// - Parameter thing: `blob` or `container`.
  func checkWrite(_ given: String?, _ thing: String, _ now: Timestamp) throws(AzureFault) {
    guard isLocked(now) else { return try checkUnlocked(given, thing) }
    guard let given else { throw .leaseMissing(thing) }
    guard AzureID.parse(given) == id else { throw .leaseMismatch(thing) }
  }

  /// As `checkWrite` for reading, which needs no lease, but must not name a wrong one.
  func checkRead(_ given: String?, _ thing: String, _ now: Timestamp) throws(AzureFault) {
    guard let given else { return }
    guard isLocked(now) else { return try checkUnlocked(given, thing) }
    guard AzureID.parse(given) == id else { throw .leaseMismatch(thing) }
  }

  private func checkUnlocked(_ given: String?, _ thing: String) throws(AzureFault) {
    guard given != nil else { return }
    throw id == nil ? .leaseNotPresent(thing) : .leaseLost(thing)
  }

  /// What a change does to a lease that is over.
  mutating func settleAfterWrite(_ now: Timestamp) {
    if !isLocked(now) { self = AzureLease() }
  }
}

extension AzureLease {
  init(_ json: JSONValue?) {
    guard let json, let id = json["id"]?.stringValue else { return }
    self.id = id
    duration = json["duration"]?.integerValue ?? -1
    end = AzureCoding.time(json["end"])
    breaksAt = AzureCoding.time(json["breaks"])
  }

  var json: JSONValue {
    guard let id else { return .null }
    var object: JSONObject = ["id": .string(id), "duration": .integer(duration)]
    object.set("end", AzureCoding.time(end))
    object.set("breaks", AzureCoding.time(breaksAt))
    return .object(object)
  }
}
