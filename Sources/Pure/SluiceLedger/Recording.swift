import SluiceCore
import SluiceJSON

/// Converts a promotion's events to ledger lines and back.
public enum Recording {
  /// The line of an event; `promotion` is the state before the event.
  public static func draft(
    _ event: PromotionEvent, of promotion: Promotion, actor: String, ticket: String,
    epoch: Epoch, at moment: Moment
  ) throws -> LedgerDraft {
    let state = balancer(of: promotion, after: event)
    return LedgerDraft(
      actor: person(in: event) ?? actor,
      detail: try CanonicalJSON.encode(event), epoch: epoch,
      from: promotion.plan.from.tag, kind: kind(of: event, in: promotion), moment: moment,
      operation: operation(of: event)?.rawValue ?? "",
      probeDigest: probeDigest(in: event), promotion: promotion.id.rawValue,
      step: promotion.phase.step, ticket: ticket, to: promotion.plan.to.tag,
      weights: state?.weightMap ?? [:], tenants: state?.weights.tenants ?? [])
  }

  /// The event of a line; nil for a line that belongs to no promotion.
  public static func event(of entry: LedgerEntry) throws(LedgerFault) -> PromotionEvent? {
    guard !entry.promotion.isEmpty else { return nil }
    do { return try CanonicalJSON.decode(PromotionEvent.self, from: entry.detail) } catch {
      let brief = (error as? DecodingError)?.brief ?? "\(error)"
      throw LedgerFault(
        line: Int(entry.n) + 1, "its detail is no event that this version knows: \(brief)")
    }
  }

  static func kind(of event: PromotionEvent, in promotion: Promotion) -> LedgerKind {
    switch event {
    case .started: .started
    case .approved: .approved
    case .leased: .leased
    case .intended(let order): .intended(order.command.kind)
    case .asked(let request): .requested(request.action)
    case .finished(let id, let outcome):
      switch outcome {
      case .assessed: .evidence
      case .concluded: .ended(ending(of: id, in: promotion))
      case .failed: .failed(command(of: id, in: promotion)?.kind)
      default: .done(command(of: id, in: promotion)?.kind)
      }
    }
  }

  private static func command(of id: OperationID, in promotion: Promotion) -> Command? {
    promotion.outstanding.first { $0.id == id }?.command
  }

  private static func ending(of id: OperationID, in promotion: Promotion) -> LedgerKind.Ending? {
    guard case .conclude(let conclusion)? = command(of: id, in: promotion) else { return nil }
    return LedgerKind.Ending(conclusion)
  }

  private static func operation(of event: PromotionEvent) -> OperationID? {
    switch event {
    case .intended(let order): order.id
    case .finished(let id, _): id
    case .started, .approved, .leased, .asked: nil
    }
  }

  private static func person(in event: PromotionEvent) -> String? {
    switch event {
    case .asked(let request): request.actor
    case .approved(let approval): approval.actor
    default: nil
    }
  }

  private static func probeDigest(in event: PromotionEvent) -> String {
    guard case .finished(_, let outcome) = event else { return "" }
    switch outcome {
    case .swung(let report): return report.probe.probeDigest.text
    case .assessed(let watch):
      return watch.hosts.sorted { $0.key < $1.key }.compactMap(\.value.probeDigest).first?.text
        ?? ""
    default: return ""
    }
  }

  /// The balancer as last read back.
  private static func balancer(of promotion: Promotion, after event: PromotionEvent)
    -> BalancerState?
  {
    if case .finished(_, .applied(let applied)) = event { return applied }
    return promotion.balancer
  }
}

extension BalancerState {
  /// For each host its basis points of new sessions: each arm's share, divided over its hosts in
  /// service; the first hosts get the remainder. An arm without a host in service gives its share
  /// to the other arm. Empty if no host is in service.
  public var weightMap: [String: Int] {
    var result: [String: Int] = [:]
    // A duplicate host counts once, because the origin of this state is not trusted.
    let servers = servers.filter { result.updateValue(0, forKey: $0.host.rawValue) == nil }
    let canaries = servers.filter { $0.arm == .canary && $0.isInService }
    let stables = servers.filter { $0.arm == .stable && $0.isInService }
    guard !canaries.isEmpty || !stables.isEmpty else { return [:] }
    let share = canaries.isEmpty ? 0 : stables.isEmpty ? 10_000 : weights.share.basisPoints
    for (hosts, points) in [(canaries, share), (stables, 10_000 - share)] where !hosts.isEmpty {
      for (index, server) in hosts.enumerated() {
        let extra = index < points % hosts.count ? 1 : 0
        result[server.host.rawValue] = points / hosts.count + extra
      }
    }
    return result
  }
}
