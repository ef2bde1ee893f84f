extension MergedProbe {
  /// The number of tenants that a sentence names.
  private static let namedTenants = 3

  /// Which tenants Doctor is judged for on this host, for a person; nil: Doctor does not answer by
  /// tenant, or the agent is too old to tell.
  public var trafficSentence: String? {
    guard let traffic, !traffic.busy.isEmpty || !traffic.quiet.isEmpty else { return nil }
    guard traffic.toldAt != nil, let interval = traffic.intervalMilliseconds else {
      return "all judged, because no controller has said lately which tenants have traffic: "
        + names(traffic.busy)
    }
    let judged = traffic.busy.isEmpty ? "none judged" : "judged: \(names(traffic.busy))"
    guard !traffic.quiet.isEmpty else { return judged }
    return "\(judged); quiet for \(Wording.duration(interval)), so not judged: "
      + names(traffic.quiet)
  }

  /// Tenants with new findings come first.
  private func names(_ tenants: [String]) -> String {
    func count(_ tenant: String) -> Int { doctor[tenant]?.new.count ?? 0 }
    let order = tenants.sorted { left, right in
      let (first, second) = (count(left) == 0 ? 1 : 0, count(right) == 0 ? 1 : 0)
      return first == second ? left < right : first < second
    }
    var parts = order.prefix(Self.namedTenants).map { tenant -> String in
      let name = Speech.text(tenant, characters: 80)
      let new = count(tenant)
      return new == 0 ? name : "\(name) (\(new == 1 ? "1 kind" : "\(new) kinds") of new findings)"
    }
    let more = tenants.count - parts.count
    if more > 0 { parts.append("\(more) more") }
    return parts.joined(separator: ", ")
  }
}
