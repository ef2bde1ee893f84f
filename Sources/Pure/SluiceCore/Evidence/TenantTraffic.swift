/// Which tenants had a session in the last interval, by the balancer's session log. Nil wherever the
/// log cannot tell: an agent that is told nothing judges every tenant.
public struct TenantTraffic: Sendable, Hashable {
  private let intervalMilliseconds: Int64
  /// When the counting began: wall clock, milliseconds since 1970. A session may have ended shortly
  /// before.
  private let began: Int64
  /// The end of each tenant's last session. The line of a WebSocket comes at its end, so a tenant that
  /// had one may have another open at any time: `Int64.max`, busy from then on.
  private var ends: [String: Int64] = [:]
  /// When the log last could not tell a session's tenant.
  private var blindAt: Int64?
  /// When there were last more tenants than are told.
  private var crowdedAt: Int64?
  /// Whether the log has the field at all. The log of a balancer without a front has none, nor that of
  /// an earlier Sluice.
  private var namesTenants = false

  /// - Parameter now: wall clock, milliseconds since 1970.
  public init(within intervalMilliseconds: Int64, at now: Int64) {
    self.intervalMilliseconds = intervalMilliseconds
    began = now
  }

  /// - Parameter now: wall clock, milliseconds since 1970.
  public mutating func count(_ session: SessionRecord, at now: Int64) {
    let end = min(now, session.assignedMilliseconds.addingClamped(session.activeMilliseconds))
    switch session.caller {
    case nil: blindAt = max(blindAt ?? end, end)
    case .nobody: namesTenants = true
    case .tenant(let name):
      namesTenants = true
      guard hasRoom(for: name, at: now) else { return crowdedAt = now }
      ends[name] = session.isWebSocket ? Int64.max : max(ends[name] ?? end, end)
    }
  }

  /// Lines of the log are missing, or sessions were kept out of the log.
  public mutating func miss(at now: Int64) { blindAt = now }

  private mutating func hasRoom(for name: String, at now: Int64) -> Bool {
    if ends[name] != nil || ends.count < BusyTenants.most { return true }
    ends = ends.filter { isRecent($0.value, at: now) }
    return ends.count < BusyTenants.most
  }

  private func isRecent(_ moment: Int64?, at now: Int64) -> Bool {
    moment.map { now.subtractingClamped($0) <= intervalMilliseconds } ?? false
  }

  public func busy(at now: Int64) -> BusyTenants? {
    guard namesTenants, !isRecent(began, at: now), !isRecent(blindAt, at: now),
      !isRecent(crowdedAt, at: now)
    else { return nil }
    return BusyTenants(
      names: ends.filter { isRecent($0.value, at: now) }.keys.sorted(),
      withinMilliseconds: intervalMilliseconds)
  }

  /// For a person; nil: the log has no more tenants than are told.
  public func crowd(at now: Int64) -> String? {
    guard isRecent(crowdedAt, at: now) else { return nil }
    return "more than \(BusyTenants.most) tenants had sessions in "
      + "\(Wording.duration(intervalMilliseconds)): the agents judge every tenant"
  }
}
