/// A family of OpenClaw builds that are asked, and answer, alike.
public enum DialectName: String, Sendable, Hashable, Codable, CaseIterable {
  /// The commands of the runbook, with tenants; no OpenClaw build has them.
  case runbook
  case april = "2026.4"
  case july = "2026.7"
  case september = "2026.9"
}

/// The commands of OpenClaw's program that Sluice runs: the keys of `openclaw.commands`.
public enum OpenClawCommand: String, Sendable, Hashable, Codable, CaseIterable {
  case version
  case doctor
  case config
  /// The skills that the running process has loaded.
  case skills
  /// Whether the gateway answers, and as which version.
  case status
  /// What waits to be done.
  case queue
  case suspend, resume
}

/// What was found out about the OpenClaw of one host, and how it is talked to from now on.
public struct GatewayProfile: Sendable, Hashable, Codable {
  /// The build that stands on disk, by its own program; nil when it did not say.
  public var build: String?
  public var dialect: DialectName
  /// Whether it is over the gateway's protocol that the running process is asked.
  public var speaksProtocol: Bool
  /// Whether sessions that exist follow a flipped link without a restart.
  public var followsLinks: Bool
  /// Whether the gateway can restart itself in place and prove that it did.
  public var restartsInPlace: Bool
  /// Why this dialect, where that is not plain: a build that nobody has met, a setting.
  public var note: String?

  public init(
    build: String?, dialect: DialectName, speaksProtocol: Bool, followsLinks: Bool,
    restartsInPlace: Bool, note: String?
  ) {
    self.build = build
    self.dialect = dialect
    self.speaksProtocol = speaksProtocol
    self.followsLinks = followsLinks
    self.restartsInPlace = restartsInPlace
    self.note = note
  }
}
