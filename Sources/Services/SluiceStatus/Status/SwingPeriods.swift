import SluiceCore
import SluiceLedger

/// When each host was out of the balancer for a swing, by the ledger. The balancer's own notices
/// of such a host are expected, and no remark for a person.
public struct SwingPeriods: Sendable, Hashable {
  private struct Period: Sendable, Hashable {
    let host: HostName
    /// Milliseconds since 1970, by the writer's wall clock.
    let begin: Int64
    var end: Int64?
  }

  public static let none = SwingPeriods()
  /// A notice has the time at which the controller read it, which is later than the event.
  static let delayMilliseconds: Int64 = 2_000

  private var periods: [OperationID: Period] = [:]

  public init() {}

  /// Takes the ledger's lines in their order.
  mutating func take(_ entry: LedgerEntry) throws(LedgerFault) {
    guard let now = entry.moment?.wallMilliseconds else { return }
    let id = OperationID(rawValue: entry.operation)
    switch entry.kind {
    case .intended(.swing):
      guard case .intended(let order)? = try Recording.event(of: entry),
        case .swing(let swing) = order.command
      else { return }
      end(now) { $0.host == swing.host }
      periods[order.id] = Period(host: swing.host, begin: now, end: nil)
    case .done(.swing), .failed(.swing): periods[id]?.end = now
    case .ended: end(now) { _ in true }
    default: break
    }
  }

  private mutating func end(_ now: Int64, _ isMeant: (Period) -> Bool) {
    for (id, period) in periods where period.end == nil && isMeant(period) {
      periods[id]?.end = now
    }
  }

  /// The notices that no swing explains; none where only a count of left-out notices remains.
  public func unexplained(_ notices: [Notice]) -> [Notice] {
    let rest = notices.filter { !explain($0) }
    return rest.allSatisfy { $0.leftOut != nil } ? [] : rest
  }

  /// Whether a notice only says that the balancer stopped or began to send a host requests during the
  /// host's swing.
  public func explain(_ notice: Notice) -> Bool {
    guard let host = notice.host else { return false }
    return periods.values.contains { period -> Bool in
      guard period.host == host, period.begin <= notice.atMilliseconds else { return false }
      guard let end = period.end else { return true }
      return notice.atMilliseconds <= end.addingClamped(Self.delayMilliseconds)
    }
  }
}
