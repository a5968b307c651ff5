/// What an emulator of Cloud Storage does otherwise than by default.
public struct GCSEmulatorSettings: Sendable {
  /// Who is let in.
  public var access: GCSEmulatorAccess
  /// What the account may do, in the words of IAM (`storage.objects.create`); nil: everything.
  public var permissions: Set<String>?
  /// Bytes that one request of a rewrite between classes copies at most; a multiple of 1 MiB.
  public var rewriteStep: Int64
  /// How long an upload may be under way.
  public var uploadLifetime: Duration

  /// Settings.
  public init(
    access: GCSEmulatorAccess = .guests, permissions: Set<String>? = nil, rewriteStep: Int64 = 64 << 20,
    uploadLifetime: Duration = .seconds(7 * 86_400)
  ) {
    self.access = access
    self.permissions = permissions
    self.rewriteStep = rewriteStep
    self.uploadLifetime = uploadLifetime
  }
}
