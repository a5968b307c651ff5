import Crypto
import Primitives

/// A shared access signature: a right that an address carries ("Create an account SAS", "… a service SAS", "… a user delegation SAS").
struct AzureAccessSignature {
  let query: AzureQuery
  let account: String

  /// Whether a request's address carries one.
  static func isIn(_ query: AzureQuery) -> Bool { query["sig"] != nil }

  private func value(_ name: String) -> String { query[name] ?? "" }
  private var version: String { value("sv") }
  private var isAccount: Bool { query["ss"] != nil || query["srt"] != nil }
  private var isDelegated: Bool { query["skoid"] != nil }

  /// What it allows.
  /// - Parameters:
  ///   - policies: stored access policies of the container.
  ///   - isSecure: whether the request came over TLS.
  /// - Throws: `AuthenticationFailed` unless it is genuine and in its time, `Authorization…Mismatch` where it is not for this request.
  func grant(
    _ address: AzureAddress, policies: [AzurePolicy], key: [UInt8], isSecure: Bool, now: Timestamp
  ) throws(AzureFault) -> AzureGrant {
    guard version >= "2015-04-05", Self.isVersion(version) else {
      throw .authenticationFailed("Signature version \(version) is not supported.")
    }
    guard let given = Base64.decode(value("sig")) else { throw .authenticationFailed("Signature is not well formed.") }
    let text = isAccount ? accountText() : try serviceText(address)
    let signer = isDelegated ? delegationKey(key) : key
    guard ConstantTime.isEqual(AzureSharedKey.signature(text, key: signer), given) else {
      throw .authenticationFailed("Signature did not match. String to sign used was \(text)")
    }
    // Such a one is good together with its user's token only.
    guard query["sduoid"] == nil else { throw .authenticationFailed("Signatures for certain users are not supported.") }
    let (start, expiry, permission) = try terms(policies)
    try checkTime(start, expiry, now)
    if isDelegated { try checkTime(value("skt"), value("ske"), now) }
    try checkCircumstances(isSecure)
    if isAccount {
      guard value("ss").contains("b") else { throw .serviceMismatch }
      return .account(permissions: Set(permission), levels: Set(value("srt")))
    }
    var grant = AzureGrant.service(permissions: Set(permission))
    for (name, header) in Self.overrides {
      guard let value = query[name], !value.isEmpty else { continue }
      guard value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { throw .invalidQuery(name, value, "Not a header's value.") }
      grant.overrides.append((header, value))
    }
    return grant
  }

  private static let overrides = [
    ("rscc", "Cache-Control"), ("rscd", "Content-Disposition"), ("rsce", "Content-Encoding"), ("rscl", "Content-Language"),
    ("rsct", "Content-Type"),
  ]

  // MARK: What is signed

  private func accountText() -> String {
    var lines = [account] + ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"].map(value)
    if version >= "2020-12-06" { lines.append(value("ses")) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func serviceText(_ address: AzureAddress) throws(AzureFault) -> String {
    guard let container = address.container else { throw .authenticationFailed("The signature is for a container or blob.") }
    var resource = "/blob/\(account)/\(container)"
    switch value("sr") {
    case "c": break
    case "b", "bs", "bv":
      guard let blob = address.blob else { throw .authenticationFailed("The signature is for a blob.") }
      resource += "/" + String(decoding: blob, as: UTF8.self)
    default: throw .authenticationFailed("sr is not valid: \(value("sr"))")
    }
    var lines = ["sp", "st", "se"].map(value) + [resource]
    if isDelegated {
      lines += ["skoid", "sktid", "skt", "ske", "sks", "skv"].map(value)
      if version >= "2020-02-10" { lines += ["saoid", "suoid", "scid"].map(value) }
      if version >= "2025-07-05" { lines += ["skdutid", "sduoid"].map(value) }
    } else {
      lines.append(value("si"))
    }
    lines += ["sip", "spr", "sv"].map(value)
    if version >= "2018-11-09" {
      let isOld = value("sr") == "bs" || value("sr") == "bv"
      lines += [value("sr"), isOld ? query["snapshot"] ?? value("versionid") : ""]
    }
    if version >= "2020-12-06" { lines.append(value("ses")) }
    // Headers and parameters that a delegated signature demands are not known here: it then signs something else.
    if isDelegated, version >= "2026-04-06" { lines += ["", ""] }
    lines += Self.overrides.map { value($0.0) }
    return lines.joined(separator: "\n")
  }

  /// The key that a holder of a token was given to sign with. It follows from the account's key, so that none is kept.
  private func delegationKey(_ key: [UInt8]) -> [UInt8] {
    Self.delegationKey(
      key, objectID: value("skoid"), tenant: value("sktid"), start: value("skt"), expiry: value("ske"), version: value("skv"))
  }

  static func delegationKey(
    _ key: [UInt8], objectID: String, tenant: String, start: String, expiry: String, version: String
  ) -> [UInt8] {
    AzureSharedKey.signature(["delegation", objectID, tenant, start, expiry, version].joined(separator: "\n"), key: key)
  }

  // MARK: What it says

  private func terms(_ policies: [AzurePolicy]) throws(AzureFault) -> (start: String, expiry: String, permission: String) {
    var terms = (start: value("st"), expiry: value("se"), permission: value("sp"))
    if let id = query["si"], !id.isEmpty {
      guard let policy = policies.first(where: { $0.id == id }) else {
        throw .authenticationFailed("Signed identifier \(id) is not known.")
      }
      for (stored, own) in [(policy.start, terms.start), (policy.expiry, terms.expiry), (policy.permission, terms.permission)]
      where stored != nil && !own.isEmpty {
        throw .authenticationFailed("A field is both in the signature and in the stored access policy.")
      }
      terms.start = policy.start ?? terms.start
      terms.expiry = policy.expiry ?? terms.expiry
      terms.permission = policy.permission ?? terms.permission
    }
    guard !terms.expiry.isEmpty else { throw .authenticationFailed("se is mandatory. Cannot be empty") }
    guard !terms.permission.isEmpty else { throw .authenticationFailed("sp is mandatory. Cannot be empty") }
    return terms
  }

  private func checkTime(_ start: String, _ expiry: String, _ now: Timestamp) throws(AzureFault) {
    guard let end = Self.time(expiry) else { throw .authenticationFailed("Signature fields not well formed.") }
    if !start.isEmpty {
      guard let begin = Self.time(start) else { throw .authenticationFailed("Signature fields not well formed.") }
      guard begin <= now else {
        throw .authenticationFailed("Signature not valid in the specified time frame: Start [\(start)] - Current [\(now.rfc1123)]")
      }
    }
    guard now < end else {
      throw .authenticationFailed("Signature not valid in the specified time frame: Expiry [\(expiry)] - Current [\(now.rfc1123)]")
    }
  }

  /// Every client of the emulator is on this machine.
  private func checkCircumstances(_ isSecure: Bool) throws(AzureFault) {
    switch value("spr") {
    case "", "https,http": break
    case "https": if !isSecure { throw .protocolMismatch }
    default: throw .authenticationFailed("spr is not valid: \(value("spr"))")
    }
    let addresses = value("sip")
    guard !addresses.isEmpty else { return }
    let ends = addresses.split(separator: "-", omittingEmptySubsequences: false).map { Self.address($0) }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else {
      throw .authenticationFailed("sip is not valid: \(addresses)")
    }
    guard first <= 0x7F00_0001, 0x7F00_0001 <= last else { throw .sourceIPMismatch }
  }

  private static func address(_ text: Substring) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
    guard parts.count == 4 else { return nil }
    var value: UInt32 = 0
    for part in parts {
      guard let part else { return nil }
      value = value << 8 | UInt32(part)
    }
    return value
  }

  static func isVersion(_ text: String) -> Bool { Timestamp(iso8601: text + "T00:00:00Z") != nil }

  /// `2026-11-20`, `2026-11-20T10:42Z`, `2026-11-20T10:42:23Z`, and with a fraction.
  static func time(_ text: String) -> Timestamp? {
    if let time = Timestamp(iso8601: text) { return time }
    if text.utf8.count == 17, text.hasSuffix("Z") { return Timestamp(iso8601: text.dropLast() + ":00Z") }
    return Timestamp(iso8601: text + "T00:00:00Z")
  }
}
