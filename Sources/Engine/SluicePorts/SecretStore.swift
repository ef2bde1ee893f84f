/// The tenants' secrets on a host: who may read and change them, and whether they parse. No byte of
/// a secret leaves the store.
public protocol SecretStore: Sendable {
  /// - Parameter gateway: the user ID of the gateway's process; nil if unknown.
  func survey(gateway: UInt32?) async throws(PortError) -> SecretSurvey
}

/// The findings about the secrets on a host.
public struct SecretSurvey: Sendable, Hashable {
  /// Directories of tenants.
  public var tenants = 0
  public var files = 0
  /// Sentences with their remedies: a secret is open to others, or does not parse.
  public var faults: [String] = []
  /// Sentences: a check that could not be made.
  public var remarks: [String] = []
  /// Accounts that an access list lets read a secret, sorted: `user:_openclaw`.
  public var readers: [String] = []

  public init() {}
}
