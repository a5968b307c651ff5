/// What a caller may do.
struct AzureGrant {
  /// What an operation is about.
  enum Level: Character {
    case service = "s"
    case container = "c"
    case object = "o"
  }

  private enum Kind {
    /// The account's key, or a token.
    case everything
    /// A signature for parts of the account.
    case account(permissions: Set<Character>, levels: Set<Character>)
    /// A signature for a container and what is in it, or for a blob.
    case service(permissions: Set<Character>)
    /// Nobody in particular.
    case anybody(AzurePublicAccess, refusal: AzureFault)
  }

  private let kind: Kind
  /// Whether the account's own key signed the request itself.
  let isOwner: Bool
  /// Whether it is not for anything in particular.
  var isUnlimited: Bool { if case .everything = kind { true } else { false } }
  /// Fields that a signature sets in answers.
  var overrides: [(header: String, value: String)] = []

  private init(_ kind: Kind, isOwner: Bool = false) {
    self.kind = kind
    self.isOwner = isOwner
  }

  static let owner = AzureGrant(.everything, isOwner: true)
  static let token = AzureGrant(.everything)
  static func account(permissions: Set<Character>, levels: Set<Character>) -> AzureGrant {
    AzureGrant(.account(permissions: permissions, levels: levels))
  }
  static func service(permissions: Set<Character>) -> AzureGrant { AzureGrant(.service(permissions: permissions)) }
  static func anybody(_ access: AzurePublicAccess, refusal: AzureFault) -> AzureGrant {
    AzureGrant(.anybody(access, refusal: refusal))
  }

  /// - Parameter permissions: one of which is needed, as signatures spell them; empty where no signature will do.
  /// - Throws: the service's refusal.
  func require(_ level: Level, _ permissions: String) throws(AzureFault) {
    switch kind {
    case .everything: return
    case .account(let granted, let levels):
      guard !permissions.isEmpty else { throw .authorizationFailure }
      guard levels.contains(level.rawValue) else { throw .resourceTypeMismatch }
      guard permissions.contains(where: granted.contains) else { throw .permissionMismatch }
    case .service(let granted):
      // Of a container such a signature opens nothing but the listing.
      guard level == .object || (level == .container && permissions == "l") else { throw .authorizationFailure }
      guard permissions.contains(where: granted.contains) else { throw .permissionMismatch }
    case .anybody(let access, let refusal):
      let isRead = permissions.contains("r") || permissions.contains("l")
      guard isRead, access == .container || (access == .blob && level == .object) else { throw refusal }
    }
  }

  /// For what makes a blob: who may create but not write must find nothing there.
  func requireCreation(over existing: Bool) throws(AzureFault) {
    try require(.object, "cw")
    guard existing else { return }
    do throws(AzureFault) { try require(.object, "w") } catch { throw .unauthorizedOverwrite }
  }
}
