public import Primitives

/// An access key, with the session token of temporary credentials.
public struct S3Credentials: Sendable, Equatable {
  /// The access key's id. It is part of each request in the clear, and no secret.
  public let accessKeyID: String
  /// The secret that signatures are made with.
  public let secretAccessKey: Secret
  /// The token that belongs to temporary credentials.
  public let sessionToken: Secret?
  /// When temporary credentials end; nil for lasting ones.
  public let expiration: Timestamp?

  /// Credentials.
  public init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expiration: Timestamp? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
    self.expiration = expiration
  }
}
