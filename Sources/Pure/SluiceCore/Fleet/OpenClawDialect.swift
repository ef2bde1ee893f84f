/// A range of OpenClaw builds that share commands and answers.
public enum DialectName: String, Sendable, Hashable, Codable, CaseIterable {
  /// The commands of the runbook, with tenants. No OpenClaw build has them.
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
  /// Whether the gateway answers, and its version.
  case status
  /// Work that is queued.
  case queue
  case suspend, resume
}

/// The OpenClaw that the agent found on one host, and how the agent talks to OpenClaw.
public struct GatewayProfile: Sendable, Hashable, Codable {
  /// The build on disk, by its own program; nil if the program did not say.
  public var build: String?
  public var dialect: DialectName
  /// Whether Sluice queries the running process over the gateway's protocol.
  public var speaksProtocol: Bool
  /// Whether existing sessions follow a changed link without a restart.
  public var followsLinks: Bool
  /// Whether the gateway can restart itself in place and prove that it did.
  public var restartsInPlace: Bool
  /// Why Sluice chose this dialect, if that is not obvious: an unknown build, or a setting.
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
