import SluiceCore
import SluiceLedger
import SluicePorts

/// How a fleet stands at a moment: its balancer, its ledger, and the promotion that the ledger
/// tells of last.
public struct FleetStatus: Sendable, Hashable {
  /// A ledger that does not add up: what is shown is as of the lines before.
  public struct LedgerFault: Sendable, Hashable {
    public let message: String
    public let remedy: String?
    public let provenLines: Int
  }

  public let fleet: String
  /// The balancer's faults; they stand before all else.
  public let trouble: BalancerTrouble
  public let ledgerFault: LedgerFault?
  /// Nil: Sluice never moved the fleet.
  public let promotion: PromotionStatus?
  /// The last drill; nil: none, and the fleet has no limit.
  public let drill: DrillStatus?
  /// Of a fleet that Sluice adopted and never moved.
  public let adoption: AdoptionRecord?
  /// Of such a fleet: what its clients got, or why that is not known; nil: nobody looked.
  public let observed: Result<ObservedTraffic, PortError>?
  /// Of a fleet that Sluice never moved: the hosts that were asked.
  public let hosts: [HostStatus]

  /// - Parameters:
  ///   - answers: nil when no host was asked.
  ///   - sight: whether a controller is at work, and answers; nil: by the lock alone.
  ///   - fault: what is wrong with the ledger.
  ///   - observed: of a fleet that Sluice only observes.
  ///   - now: the gates' clock.
  public init(
    _ reading: LedgerReading, fleet: Fleet, answers: FleetAnswers?, sight: ControllerSight? = nil,
    fault: PortError? = nil, observed: Result<ObservedTraffic, PortError>? = nil, now: Moment
  ) {
    self.fleet = fleet.name
    trouble = BalancerTrouble(balancer: answers?.balancer, door: answers?.door, fleet: fleet)
    ledgerFault = fault.map {
      LedgerFault(message: $0.message, remedy: $0.remedy, provenLines: reading.entries.count)
    }
    promotion = reading.replay.promotion.map {
      PromotionStatus(
        $0, answers: answers, actor: reading.replay.actor, account: reading.account,
        ticket: reading.replay.ticket,
        sight: sight ?? reading.holder.map { .atWork($0) } ?? .none, now: now,
        swings: reading.swings)
    }
    drill = DrillStatus(reading.replay.lastDrill, fleet: fleet, now: now.wallMilliseconds)
    adoption =
      promotion != nil
      ? nil : reading.entries.last { $0.kind == .adopted }.flatMap { AdoptionRecord($0) }
    self.observed = adoption == nil ? nil : observed
    hosts =
      promotion != nil
      ? []
      : fleet.gateways.compactMap { host in
        answers?.hosts[host.name].map {
          HostStatus(
            host.name, arm: host.arm, answer: $0, version: answers?.versions[host.name])
        }
      }
  }

  public var next: NextStep? {
    guard let promotion else { return NextStep(.plan(nil)) }
    return promotion.next
  }
}
