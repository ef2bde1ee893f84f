import SluiceCore

/// How one family of builds is asked: a table, so that a new family takes a few lines
/// (`docs/openclaw.md` says where each line was measured).
struct Dialect: Sendable, Hashable {
  let name: DialectName
  /// The oldest build it is for; nil: no build says that it is one.
  let since: BuildVersion?
  /// Whether the running process is asked over the gateway's protocol.
  let speaksProtocol: Bool
  /// Whether existing sessions follow a flipped link without a restart.
  let followsLinks: Bool
  /// The arguments of each command. The family's program lacks a command that is not in the table.
  private let commands: [OpenClawCommand: [String]]

  func arguments(_ command: OpenClawCommand) -> [String]? { commands[command] }

  private static let common: [OpenClawCommand: [String]] = [
    .version: ["--version"],
    .config: ["config", "validate", "--json"],
    .skills: ["gateway", "call", "skills.status", "--json", "--params", "{}"],
    .status: ["gateway", "status", "--json", "--require-rpc"],
    .queue: ["status", "--json"],
  ]

  private static let lint: [OpenClawCommand: [String]] = [
    // Without `--lint` Doctor of 2026.7 refuses, and one without `--json` would repair.
    .doctor: ["doctor", "--lint", "--json", "--severity-min", "warning"]
  ]

  private static let suspension: [OpenClawCommand: [String]] = [
    .suspend: ["gateway", "suspend", "--request-id", "{request}", "--wait", "{wait}", "--json"],
    .resume: ["gateway", "resume", "{suspension}", "--json"],
  ]

  private static func joined(
    _ parts: [OpenClawCommand: [String]]...
  ) -> [OpenClawCommand: [String]] {
    parts.reduce(into: [:]) { $0.merge($1) { _, later in later } }
  }

  static let april = Dialect(
    name: .april, since: BuildVersion("2026.4.0"), speaksProtocol: false, followsLinks: false,
    commands: common)

  static let july = Dialect(
    name: .july, since: BuildVersion("2026.7.0"), speaksProtocol: false, followsLinks: false,
    commands: joined(common, lint))

  static let september = Dialect(
    name: .september, since: BuildVersion("2026.9.0"), speaksProtocol: true, followsLinks: true,
    commands: joined(common, lint, suspension))

  static let runbook = Dialect(
    name: .runbook, since: nil, speaksProtocol: true, followsLinks: true,
    commands: joined(
      common, suspension,
      [
        .version: ["version", "--json"],
        .doctor: ["doctor", "--tenant", "{tenant}", "--json"],
        .config: ["config", "lint", "--tenant", "{tenant}"],
      ]))

  /// Oldest first.
  static let all = [runbook, april, july, september]

  static func named(_ name: DialectName) -> Dialect {
    switch name {
    case .runbook: runbook
    case .april: april
    case .july: july
    case .september: september
    }
  }

  /// The next older one, for a command that a build turns out not to have.
  var older: Dialect? {
    switch name {
    case .september: .july
    case .july: .april
    case .april, .runbook: nil
    }
  }
}

/// A dialect, and why that one.
struct DialectChoice: Sendable, Hashable {
  let dialect: Dialect
  /// As the program on disk says.
  let build: String?
  let note: String?

  /// The builds whose answers were recorded or tried.
  private static let met: Set<String> = ["2026.4.26", "2026.7.1-2", "2026.9.4", "2026.9.6"]

  /// The newest dialect that is not newer than the build. An unknown build counts as the nearest
  /// older known build.
  static func nearest(to build: String) -> DialectChoice {
    guard let version = BuildVersion(build) else {
      return DialectChoice(
        dialect: .september, build: build,
        note: "\"\(build.shown)\" is no build of OpenClaw's; taken for 2026.9.")
    }
    let fitting = Dialect.all.filter { $0.since.map { $0 <= version } ?? false }
    guard let dialect = fitting.last else {
      return DialectChoice(
        dialect: .april, build: build,
        note: "\(build) is older than any build that Sluice knows; taken for 2026.4.")
    }
    return DialectChoice(
      dialect: dialect, build: build,
      note: met.contains(build)
        ? nil
        : "\(build) is not among the builds that Sluice was tried with "
          + "(\(met.sorted().joined(separator: ", "))); taken for \(dialect.name.rawValue).")
  }

  var profile: GatewayProfile {
    GatewayProfile(
      build: build, dialect: dialect.name, speaksProtocol: dialect.speaksProtocol,
      followsLinks: dialect.followsLinks, restartsInPlace: dialect.speaksProtocol, note: note)
  }
}
