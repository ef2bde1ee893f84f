import SluiceCore
import SluiceYAML

/// `ramp:`, a preset's name or a list of steps.
enum RampSection {
  /// All that a ramp pins: they are told to the balancer one by one, and stand in every ledger line.
  private static let mostTenants = 64

  static func read(_ value: YAMLValue?, balancer: BalancerSpec) throws(YAMLError) -> Ramp {
    guard let value else { return Ramp.Preset.standard.ramp }
    if case .scalar = value.node.content {
      return try value.enumeration(of: Ramp.Preset.self).ramp
    }
    let items = try value.list()
    var steps: [Ramp.Step] = []
    var pinned: Set<String> = []
    for item in items {
      let section = try item.mapping()
      let points = try section.percent("share", in: 1...10_000)
      let hold = try section.duration("hold", in: 0...FleetFile.longestHold)
      let joining = try tenants(section.optional("tenants"), pinned: &pinned, balancer)
      try section.finish()
      guard let share = Share(basisPoints: points) else { continue }
      steps.append(Ramp.Step(share: share, holdMilliseconds: hold, tenants: joining))
    }
    if let fault = Ramp.fault(in: steps) {
      let place = items.indices.contains(fault.index) ? items[fault.index] : value
      throw place.error(
        fault.message,
        "Begin with about 5 % and add 10 to 20 points at a time, or name a preset: "
          + Ramp.Preset.allCases.map(\.rawValue).joined(separator: ", ") + ".")
    }
    return Ramp(steps: steps)
  }

  /// Tenants who join the canary at a step.
  private static func tenants(
    _ value: YAMLValue?, pinned: inout Set<String>, _ balancer: BalancerSpec
  ) throws(YAMLError) -> [String]? {
    guard let value else { return nil }
    var joining: [String] = []
    for item in try value.list() {
      let tenant = try item.string()
      guard HostName.isValid(tenant) else {
        throw item.error(
          "\"\(tenant)\" cannot name a tenant", "Use lower-case letters, digits and -, at most 63.")
      }
      if let arm = balancer.cohorts[tenant] {
        throw item.error(
          "\(tenant) belongs to the \(arm.rawValue) arm already, by balancer.cohorts",
          "Name the tenant in one of the two places.")
      }
      guard pinned.insert(tenant).inserted else {
        throw item.error(
          "\(tenant) is named twice in the ramp",
          "Name a tenant at the step where the tenant joins the canary; later steps keep the tenant."
        )
      }
      joining.append(tenant)
    }
    guard !joining.isEmpty else { return nil }
    guard balancer.knowsTenants else {
      throw value.error(
        "tenants go by a header that any client can write, and no front is named that writes it",
        "Name the proxies that set x-openclaw-tenant:  balancer: {front: {addresses: [10.0.0.5]}}")
    }
    guard pinned.count <= mostTenants else {
      throw value.error(
        "the ramp pins more than \(mostTenants) tenants",
        "Pin fewer, and let the share grow instead.")
    }
    return joining.sorted()
  }
}
