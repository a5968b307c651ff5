import Crypto
import Markup
import Primitives

/// Files of credentials for the emulator's account, in the forms of Google's own programs.
extension GCSAccounts {
  /// A service account's key.
  func serviceAccount(at base: String) throws -> JSONObject {
    let proofs = try current()
    return [
      "type": "service_account", "project_id": .string(Self.project), "private_key_id": .string(proofs.keyID),
      "private_key": .string(proofs.key.pem?.reveal() ?? ""), "client_email": .string(Self.email),
      "client_id": "100000000000000000001",
      "auth_uri": .string("\(base)/auth"), "token_uri": .string("\(base)/token"), "universe_domain": "googleapis.com",
    ]
  }

  /// A login, as `gcloud auth application-default login` leaves it.
  func login(at base: String) throws -> JSONObject {
    let proofs = try current()
    return [
      "type": "authorized_user", "client_id": .string(Self.clientID), "client_secret": .string(proofs.clientSecret),
      "refresh_token": .string(proofs.refreshToken), "token_uri": .string("\(base)/token"),
      "quota_project_id": .string(Self.project),
    ]
  }

  /// A workload's identity, with its token in a file.
  func workload(at base: String, tokenFile: String, isImpersonating: Bool) throws -> JSONObject {
    var file: JSONObject = [
      "type": "external_account", "audience": .string(Self.audience),
      "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": .string("\(base)/v1/token"),
      "credential_source": ["file": .string(tokenFile)], "universe_domain": "googleapis.com",
    ]
    if isImpersonating {
      file["service_account_impersonation_url"] = .string(
        "\(base)/v1/projects/-/serviceAccounts/\(Self.email):generateAccessToken")
    }
    return file
  }
}
