/// Addresses at which tokens are had.
enum GCSAccessRoute: Sendable, Equatable {
  /// `oauth2.googleapis.com/token`.
  case token
  /// `sts.googleapis.com/v1/token`.
  case exchange
  /// `iamcredentials.googleapis.com`: a token of another account.
  case impersonate(email: String)
  /// The metadata server's tokens.
  case instanceToken
  /// Other things that the metadata server says, by their path below `computeMetadata/v1`.
  case instance(String)

  init?(_ parts: [String]) {
    if parts == ["token"] {
      self = .token
    } else if parts == ["v1", "token"] {
      self = .exchange
    } else if parts.count == 5, parts.starts(with: ["v1", "projects", "-", "serviceAccounts"]),
      parts[4].hasSuffix(":generateAccessToken")
    {
      self = .impersonate(email: String(parts[4].dropLast(":generateAccessToken".count)))
    } else if parts.starts(with: ["computeMetadata", "v1"]) {
      let path = parts.dropFirst(2).joined(separator: "/")
      self = path == "instance/service-accounts/default/token" ? .instanceToken : .instance(path)
    } else if parts == [""] {
      self = .instance("")
    } else {
      return nil
    }
  }
}
