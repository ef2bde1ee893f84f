/// Whether the Node.js of a host can run an OpenClaw build: the range in the build's package
/// against the version that the gateway's process reports. Each case but `fit` is a sentence with
/// the remedy.
public enum NodeCheck: Sendable, Hashable {
  case fit
  case unfit(String)
  /// Missing information refuses nothing.
  case unknown(String)

  /// - Parameters:
  ///   - build: of a lock; if the lock has no range, the package on the host counts.
  ///   - builds: the builds on the host, if known.
  public init(
    _ build: ReleaseLock.OpenClaw, builds: BuildSurvey?, gateway: GatewayIdentity?
  ) {
    self.init(
      version: build.version,
      range: build.node ?? builds?.build(build.version)?.found?.node, node: gateway?.node)
  }

  /// - Parameters:
  ///   - version: of the build.
  ///   - range: as in the build's package.
  ///   - node: the version on the host.
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

  /// A plan's remarks on hosts without enough information.
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
