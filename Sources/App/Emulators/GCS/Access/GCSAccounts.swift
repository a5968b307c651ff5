import Concurrency
import Crypto
import HTTPMessages
import Markup
import Primitives

/// The emulator's one account, in all the forms in which programs can prove to be it, and the tokens that it was given.
final class GCSAccounts: Sendable {
  /// How long a token is good, as long as the service's.
  static let lifetime = Duration.seconds(3599)

  /// What proves the account, kept with the emulator's data.
  struct Proofs: Sendable {
    let key: RSASigner
    let keyID: String
    let clientSecret: String
    let refreshToken: String
    let subjectToken: String
  }

  static let email = "robot@emulator.iam.gserviceaccount.com"
  static let project = "emulator"
  static let clientID = "emulator.apps.googleusercontent.com"
  static let audience = "//iam.googleapis.com/projects/1234567890/locations/global/workloadIdentityPools/pool/providers/emulator"

  let access: GCSEmulatorAccess
  let clock: WallClock
  /// What the account may do; nil: everything.
  let permissions: Set<String>?
  private let depot: EmulatorDepot
  private let proofs = Lock<Proofs?>(nil)
  /// Digests of tokens, with the moment at which each ends.
  private let tokens = Lock<[[UInt8]: Timestamp]>([:])

  init(_ access: GCSEmulatorAccess, permissions: Set<String>?, clock: WallClock, depot: EmulatorDepot) {
    self.access = access
    self.permissions = permissions
    self.clock = clock
    self.depot = depot
  }

  // MARK: Proofs

  /// Those of the data folder, made when first asked for: a key takes a tenth of a second.
  func current() throws -> Proofs {
    try proofs.withLock { proofs in
      if let proofs { return proofs }
      let made = try load() ?? make()
      proofs = made
      return made
    }
  }

  private func load() throws -> Proofs? {
    guard let row = try depot.table.get("accounts", Array("proofs".utf8)), let pem = row["key"]?.stringValue,
      let key = RSASigner(pem: Array(pem.utf8)), let keyID = row["keyID"]?.stringValue,
      let clientSecret = row["clientSecret"]?.stringValue, let refreshToken = row["refreshToken"]?.stringValue,
      let subjectToken = row["subjectToken"]?.stringValue
    else { return nil }
    return Proofs(
      key: key, keyID: keyID, clientSecret: clientSecret, refreshToken: refreshToken, subjectToken: subjectToken)
  }

  private func make() throws -> Proofs {
    guard let key = RSASigner.generate(), let pem = key.pem else {
      throw GCSFailure(500, "internalError", "No key can be made here.")
    }
    func draw(_ count: Int = 20) -> String { Hex.encode(Random.bytes(count)) }
    let made = Proofs(key: key, keyID: draw(), clientSecret: draw(), refreshToken: "1//" + draw(), subjectToken: draw())
    try depot.table.put(
      "accounts", Array("proofs".utf8),
      [
        "key": .string(pem.reveal()), "keyID": .string(made.keyID), "clientSecret": .string(made.clientSecret),
        "refreshToken": .string(made.refreshToken), "subjectToken": .string(made.subjectToken),
      ])
    return made
  }

  // MARK: Tokens

  /// A new token.
  func issue() -> String {
    let token = "ya29.emulator." + Hex.encode(Random.bytes(24))
    let now = clock.now()
    tokens.withLock { tokens in
      if tokens.count >= 10_000 {
        tokens = tokens.filter { $0.value > now }
        // Whoever asks so often gets one in place of the oldest.
        if tokens.count >= 10_000, let oldest = tokens.min(by: { $0.value < $1.value }) { tokens[oldest.key] = nil }
      }
      tokens[SHA256.hash(token.utf8)] = now + Self.lifetime
    }
    return token
  }

  /// Makes every token that was given out invalid, as a revocation does.
  func revokeAll() { tokens.withLock { $0 = [:] } }

  private func isGood(_ token: String) -> Bool {
    let end = tokens.withLock { $0[SHA256.hash(token.utf8)] }
    return end.map { $0 > clock.now() } ?? false
  }

  /// Whether the caller is known. A guest is not, and may still be let in.
  /// - Throws: `GCSFailure` with 401.
  func authorize(_ headers: HTTPHeaders) throws(GCSFailure) {
    guard access != .everybody else { return }
    guard let value = headers["authorization"] else {
      guard access == .guests else {
        throw GCSFailure(
          401, "required", "Anonymous caller does not have access to the Google Cloud Storage resource.",
          location: ("header", "Authorization"))
      }
      return
    }
    let parts = value.split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bearer", isGood(String(parts[1])) else { throw .credentials }
  }

  // MARK: Permissions

  func allows(_ permission: String, _ call: GCSCall) -> Bool { permissions?.contains(permission) ?? true }

  /// - Throws: `GCSFailure` with 403.
  func require(_ permission: String, _ call: GCSCall) throws(GCSFailure) {
    guard allows(permission, call) else {
      throw GCSFailure(
        403, "forbidden",
        "\(Self.email) does not have \(permission) access to the Google Cloud Storage resource. Permission '\(permission)' denied on "
          + "resource (or it may not exist).")
    }
  }
}
