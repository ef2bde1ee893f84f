import SluiceCore
import SluicePorts

/// Whether the gateway's Node.js fits every build on the host, including the next one.
extension HostChecks {
  /// Empty if only the versions of builds are known.
  func node() async -> [GatewayAnswer] {
    let began = services.time.now()
    var builds = ((try? await services.builds?.builds()) ?? []).compactMap(\.found)
    if let locked = (try? await services.infra.state())?.lock?.openclaw, locked.node != nil,
      !builds.contains(where: { $0.version == locked.version })
    {
      builds.append(locked)
    }
    guard !builds.isEmpty else { return [] }
    let identity = try? await services.gateway.identity()
    let node = identity?.node
    return builds.map { build in
      let check = NodeCheck(version: build.version, range: build.node, node: node)
      let answer: (level: GatewayAnswer.Level, means: String) =
        switch check {
        case .fit: (.expected, "")
        case .unfit(let why): (.fault, why)
        case .unknown(let why): (.odd, why)
        }
      return GatewayAnswer(
        capability: "node", asked: "OpenClaw \(build.version), engines.node",
        level: answer.level, came: "\(node ?? "unknown") runs, it wants \(build.node ?? "unknown")",
        means: answer.means, milliseconds: services.time.milliseconds(since: began))
    }
  }
}
