import SluiceCore
import SluiceJSON
import SluicePorts

/// The balancer's faults, in sentences that stand before all else in status, explanation and
/// the reading of the balancer: nobody reaches a fleet whose door is shut.
public struct BalancerTrouble: Sendable, Hashable {
  public struct Item: Sendable, Hashable {
    /// In capitals where clients suffer.
    public let headline: String
    public let sentence: String
    public let remedy: String?
    public let severity: Severity
  }

  /// Nothing is wrong, or nobody looked.
  public static let nothing = BalancerTrouble(items: [], refused: [])

  public let items: [Item]
  private let refused: Set<HostName>

  /// - Parameters:
  ///   - balancer: as it read back, or why it did not; nil when it was not asked.
  ///   - door: its process and keeper; nil when nobody looked.
  public init(balancer: Result<BalancerState, PortError>?, door: DoorSight?, fleet: Fleet) {
    let report = door?.keeper.report
    refused = Set(report?.admission.refused.keys.map { $0 } ?? [])
    guard let door, door.wasEverStarted else {
      // A fleet that never had a balancer has no fault for that.
      items = []
      return
    }
    var items: [Item] = []
    if door.isStopped {
      items.append(
        Item(
          headline: "THE BALANCER IS STOPPED",
          sentence: "an operator stopped it: no client is served",
          remedy: "sluice balancer start", severity: .bad))
    } else if case .failure(let error)? = balancer {
      items.append(Self.down(error, door))
    } else if case .success(let state)? = balancer {
      items += Self.service(state)
    }
    items += Self.refusals(report, fleet)
    if !door.isStopped { items += Self.keeper(door.keeper, hasProcess: door.hasProcess) }
    self.items = items
  }

  private init(items: [Item], refused: Set<HostName>) {
    self.items = items
    self.refused = refused
  }

  /// The state of one of the balancer's servers, for a table.
  public func standing(of server: BalancerState.Server) -> (word: String, severity: Severity) {
    if server.isTakenOut { return ("taken out", .warning) }
    if server.isUp { return ("in service", .good) }
    return (refused.contains(server.host) ? "refused" : "down", .bad)
  }

  private static func down(_ error: PortError, _ door: DoorSight) -> Item {
    guard !door.hasProcess else {
      return Item(
        headline: "THE BALANCER DOES NOT ANSWER", sentence: error.message,
        remedy: error.remedy ?? "sluice balancer restart", severity: .bad)
    }
    let trouble = door.keeper.report?.trouble
    let isKept = door.keeper.report != nil
    return Item(
      headline: "THE BALANCER IS DOWN",
      sentence: "HAProxy does not run: no client is served"
        + (trouble.map { ". Its keeper cannot start it: \($0.message)" } ?? ""),
      remedy: trouble?.remedy
        ?? (isKept ? "wait: its keeper starts it within a second" : "sluice balancer start"),
      severity: .bad)
  }

  private static func service(_ state: BalancerState) -> [Item] {
    guard !state.servers.contains(where: { $0.arm == .stable && $0.isInService }) else { return [] }
    return [
      Item(
        headline: "NO STABLE GATEWAY IS IN SERVICE",
        sentence: state.servers.contains(where: \.isInService)
          ? "only a share of the clients is served" : "no client is served",
        remedy: "sluice balancer status, sluice check", severity: .bad)
    ]
  }

  private static func refusals(_ report: KeeperReport?, _ fleet: Fleet) -> [Item] {
    guard let report else { return [] }
    var items: [Item] = []
    if report.admission.failsOpen {
      let hosts = report.admission.letIn.keys.sorted().map(\.rawValue).joined(separator: ", ")
      let why = report.admission.letIn.min { $0.key < $1.key }?.value ?? ""
      items.append(
        Item(
          headline: "THE BALANCER FAILS OPEN",
          sentence: "\(hosts) fail hard, and without them fewer than \(fleet.capacityFloor) stable "
            + "gateways would serve: they are let in. \(why)",
          remedy: "mend the common cause: sluice probe", severity: .bad))
    }
    for (host, why) in report.admission.refused.sorted(by: { $0.key < $1.key }) {
      items.append(
        Item(
          headline: "\(host) is refused by the balancer", sentence: why,
          remedy: "mend the gateway: the balancer then takes it again by itself", severity: .warning
        ))
    }
    if let flood = report.flood {
      items.append(
        Item(
          headline: "A flood at the balancer", sentence: flood.message, remedy: flood.remedy,
          severity: .warning))
    }
    if !report.silent.isEmpty {
      let hosts = report.silent.map(\.rawValue).joined(separator: ", ")
      items.append(
        Item(
          headline: "No agent answers on \(hosts)",
          sentence: "HAProxy asks the gateways themselves meanwhile; no promotion can move there",
          remedy: "start the agent there: sluice agent", severity: .warning))
    }
    if !report.untold.isEmpty {
      let hosts = report.untold.map(\.rawValue).joined(separator: ", ")
      items.append(
        Item(
          headline: "No details from the agents of \(hosts)",
          sentence: "they answer this machine as they answer a stranger: a gateway that fails hard "
            + "there is not refused, HAProxy's own check alone decides",
          remedy: "name this machine's address in probe_from of the sluice.yaml that those agents "
            + "read, then restart them", severity: .warning))
    }
    return items
  }

  private static func keeper(_ keeper: DoorSight.Keeper, hasProcess: Bool) -> [Item] {
    switch keeper {
    case .none:
      return [
        Item(
          headline: "The balancer has no keeper",
          sentence:
            "an HAProxy that dies stays dead, and a gateway that fails hard stays in service",
          remedy:
            "sluice balancer start; as a service, for after a reboot too: sluice balancer service",
          severity: .warning)
      ]
    case .silent(let holder):
      return [
        Item(
          headline: "The balancer's keeper does not answer", sentence: holder,
          remedy: "end that process, then: sluice balancer start", severity: .warning)
      ]
    case .atWork(let report):
      guard let trouble = report.trouble, hasProcess else { return [] }
      return [
        Item(
          headline: "The balancer's keeper cannot do its work", sentence: trouble.message,
          remedy: trouble.remedy, severity: .warning)
      ]
    }
  }

  public var json: JSONValue {
    .array(
      items.map {
        [
          "what": .string($0.headline), "why": .string($0.sentence),
          "remedy": $0.remedy.map { .string($0) } ?? .null, "severe": .bool($0.severity == .bad),
        ]
      })
  }
}
