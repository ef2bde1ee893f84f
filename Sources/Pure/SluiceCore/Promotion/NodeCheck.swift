/// Whether the Node of a host runs an OpenClaw build: the range in the build's package against the
/// version that the gateway's process says. Each case but `fit` is a sentence with what to do.
public enum NodeCheck: Sendable, Hashable {
  case fit
  case unfit(String)
  /// What nobody says refuses nothing.
  case unknown(String)

  /// - Parameters:
  ///   - build: as a lock pins it; where that has no range, the host's own package counts.
  ///   - builds: what stands on the host, if anything is known of it.
  public init(
    _ build: ReleaseLock.OpenClaw, builds: BuildSurvey?, gateway: GatewayIdentity?
  ) {
    self.init(
      version: build.version,
      range: build.node ?? builds?.build(build.version)?.found?.node, node: gateway?.node)
  }

  /// - Parameters:
  ///   - version: of the build.
  ///   - range: as its package writes it.
  ///   - node: what runs there.
  public init(version: String, range: String?, node: String?) {
    let name = "OpenClaw \(version)"
    guard let range else {
      self = .unknown("which Node \(name) wants is not known: its package does not say.")
      return
    }
    let shown = range.prefix(100)
    guard let wanted = SemanticRange(range) else {
      self = .unknown(
        "\(name) wants Node \"\(shown)\", which is no range that can be read. Compare it by hand.")
      return
    }
    guard let node, let running = SemanticVersion(programVersion: node) else {
      self = .unknown(
        "\(name) wants Node \(shown), and which one runs the gateway is not known. "
          + "See node --version there.")
      return
    }
    guard !wanted.contains(running) else {
      self = .fit
      return
    }
    self = .unfit(
      "\(name) wants Node \(shown), its gateway runs on \(running). "
        + "Install such a Node there, for its service.")
  }

  /// What a plan says of hosts of which it is not known.
  public static func notes(
    on plan: Plan, surveys: [HostName: HostSurvey]
  ) -> [String] {
    guard let change = plan.build else { return [] }
    return plan.fleet.gateways.compactMap { host in
      guard let survey = surveys[host.name],
        case .unknown(let why) = NodeCheck(
          change.to, builds: survey.builds, gateway: survey.gateway)
      else { return nil }
      return "\(host.name): \(why)"
    }
  }
}
