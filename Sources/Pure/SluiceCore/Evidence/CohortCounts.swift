/// Where the sessions of a step's tenants went, and those of all others: evidence of the balancer's
/// routing, not of the release.
///
/// A session counts by the generation of the weights that assigned it. So a session that began before
/// the step, and ends in it, is none of the step's.
public struct CohortCounts: Sendable, Hashable, Codable {
  /// The sessions of one tenant that the step pins to the canary, later turns of a conversation
  /// included.
  public struct Tenant: Sendable, Hashable, Codable {
    /// All but those that the balancer answered itself.
    public var sessions: Int
    /// Those that went to a stable gateway although the canary had a live server.
    public var elsewhere: Int
    /// Those that went to a stable gateway because the canary had no live server.
    public var failedOpen: Int

    public init(sessions: Int = 0, elsewhere: Int = 0, failedOpen: Int = 0) {
      self.sessions = sessions
      self.elsewhere = elsewhere
      self.failedOpen = failedOpen
    }

    /// Sessions that went to the canary.
    public var canary: Int { sessions - elsewhere - failedOpen }
  }

  /// New sessions of everybody else.
  public struct Others: Sendable, Hashable, Codable {
    public var sessions: Int
    public var canary: Int

    public init(sessions: Int = 0, canary: Int = 0) {
      self.sessions = sessions
      self.canary = canary
    }
  }

  /// Only tenants with a session.
  public private(set) var tenants: [String: Tenant]
  public private(set) var others: Others

  public init(tenants: [String: Tenant] = [:], others: Others = Others()) {
    self.tenants = tenants
    self.others = others
  }

  public mutating func count(_ record: SessionRecord) {
    guard record.why != .hold else { return }
    guard let tenant = record.tenant else {
      guard record.isNewSession else { return }
      others.sessions += 1
      if record.arm == .canary { others.canary += 1 }
      return
    }
    tenants[tenant, default: Tenant()].sessions += 1
    if record.why == .failOpen {
      tenants[tenant, default: Tenant()].failedOpen += 1
    } else if record.arm == .stable {
      tenants[tenant, default: Tenant()].elsewhere += 1
    }
  }

  public mutating func add(_ other: CohortCounts) {
    others.sessions += other.others.sessions
    others.canary += other.others.canary
    for (tenant, counts) in other.tenants {
      tenants[tenant, default: Tenant()].sessions += counts.sessions
      tenants[tenant, default: Tenant()].elsewhere += counts.elsewhere
      tenants[tenant, default: Tenant()].failedOpen += counts.failedOpen
    }
  }
}

// MARK: Words

extension CohortCounts {
  /// The number of tenants that a line names.
  private static let named = 3

  /// `acme: 412 of 412 sessions on 1.4.2; others: 0 of 9,880`. Tenants of whom sessions went elsewhere
  /// come first; a line names three tenants and counts the rest.
  ///
  /// - Parameters:
  ///   - names: the tenants that the step pins.
  ///   - release: the version that the canary runs.
  public func words(of names: [String], on release: String) -> String {
    let order = names.sorted { left, right in
      let (first, second) = (canaryIsWhole(left), canaryIsWhole(right))
      return first == second ? left < right : second
    }
    var parts: [String] = []
    for (index, name) in order.prefix(Self.named).enumerated() {
      let counts = tenants[name] ?? Tenant()
      let unit = index == 0 ? " sessions on \(release)" : ""
      let open = counts.failedOpen > 0 ? " (\(Wording.count(counts.failedOpen)) failed open)" : ""
      parts.append(
        counts.sessions == 0
          ? "\(name): no session yet"
          : "\(name): \(Self.figure(counts.canary, of: counts.sessions))\(unit)\(open)")
    }
    let rest = order.dropFirst(Self.named).compactMap { tenants[$0] }
    if order.count > Self.named {
      let figure = Self.figure(
        rest.reduce(0) { $0 + $1.canary }, of: rest.reduce(0) { $0 + $1.sessions })
      parts.append("\(order.count - Self.named) more tenants: \(figure)")
    }
    parts.append("others: \(Self.figure(others.canary, of: others.sessions))")
    return parts.joined(separator: "; ")
  }

  private func canaryIsWhole(_ tenant: String) -> Bool {
    tenants[tenant].map { $0.canary == $0.sessions } ?? true
  }

  private static func figure(_ count: Int, of total: Int) -> String {
    "\(Wording.count(count)) of \(Wording.count(total))"
  }
}
