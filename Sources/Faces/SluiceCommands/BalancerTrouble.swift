import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts

/// What is wrong with the balancer, in sentences that stand before all else in `status`, `explain` and
/// `balancer status`: nobody reaches a fleet whose door is shut.
struct BalancerTrouble {
  struct Item: Equatable {
    /// In capitals where clients suffer.
    var headline: String
    var sentence: String
    var remedy: String?
    var tone: Tone
  }

  let items: [Item]
  private let refused: Set<HostName>

  /// - Parameters:
  ///   - balancer: as it read back, or why it did not; nil when it was not asked.
  ///   - door: its process and keeper; nil when nobody looked.
  init(balancer: Result<BalancerState, PortError>?, door: DoorSight?, fleet: Fleet) {
    let record = door?.keeper.record
    refused = Set(record?.admission.refused.keys.map { $0 } ?? [])
    guard let door, door.wasEverStarted else {
      // A fleet that never had a balancer has no fault for that.
      items = []
      return
    }
    var items: [Item] = []
    if door.isStopped {
      items.append(
        Item(
          headline: "THE BALANCER IS STOPPED", sentence: "an operator stopped it: nobody is served",
          remedy: "sluice balancer start", tone: .bad))
    } else if case .failure(let error)? = balancer {
      items.append(Self.down(error, door))
    } else if case .success(let state)? = balancer {
      items += Self.service(state)
    }
    items += Self.refusals(record, fleet)
    if !door.isStopped { items += Self.keeper(door.keeper, hasProcess: door.hasProcess) }
    self.items = items
  }

  func isRefused(_ host: HostName) -> Bool { refused.contains(host) }

  private static func down(_ error: PortError, _ door: DoorSight) -> Item {
    guard !door.hasProcess else {
      return Item(
        headline: "THE BALANCER DOES NOT ANSWER", sentence: error.message,
        remedy: error.remedy ?? "sluice balancer restart", tone: .bad)
    }
    let trouble = door.keeper.record?.trouble
    let isKept = door.keeper.record != nil
    return Item(
      headline: "THE BALANCER IS DOWN",
      sentence: "HAProxy does not run: nobody is served"
        + (trouble.map { ". Its keeper cannot start it: \($0.message)" } ?? ""),
      remedy: trouble?.remedy
        ?? (isKept ? "its keeper starts it within a second" : "sluice balancer start"),
      tone: .bad)
  }

  private static func service(_ state: BalancerState) -> [Item] {
    guard !state.servers.contains(where: { $0.arm == .stable && $0.isInService }) else { return [] }
    return [
      Item(
        headline: "NO STABLE GATEWAY IS IN SERVICE",
        sentence: state.servers.contains(where: \.isInService)
          ? "only a share of the clients is served" : "nobody is served",
        remedy: "sluice balancer status, sluice check", tone: .bad)
    ]
  }

  private static func refusals(_ record: KeeperRecord?, _ fleet: Fleet) -> [Item] {
    guard let record else { return [] }
    var items: [Item] = []
    if record.admission.failsOpen {
      let hosts = record.admission.letIn.keys.sorted().map(\.rawValue).joined(separator: ", ")
      let why = record.admission.letIn.min { $0.key < $1.key }?.value ?? ""
      items.append(
        Item(
          headline: "THE BALANCER FAILS OPEN",
          sentence: "\(hosts) fail hard, and without them fewer than \(fleet.capacityFloor) stable "
            + "gateways would serve: they are let in. \(why)",
          remedy: "mend the common cause: sluice probe", tone: .bad))
    }
    for (host, why) in record.admission.refused.sorted(by: { $0.key < $1.key }) {
      items.append(
        Item(
          headline: "\(host) is refused by the balancer", sentence: why,
          remedy: "it comes back by itself once that is mended", tone: .warning))
    }
    if let news = record.floods?.news(now: record.atMilliseconds) {
      items.append(
        Item(
          headline: "A flood at the balancer", sentence: news,
          remedy: Traffic.floodRemedy(fleet), tone: .warning))
    }
    if !record.silent.isEmpty {
      let hosts = record.silent.map(\.rawValue).joined(separator: ", ")
      items.append(
        Item(
          headline: "No agent answers on \(hosts)",
          sentence: "HAProxy asks the gateways themselves meanwhile; no promotion can move there",
          remedy: "start it there: sluice agent", tone: .warning))
    }
    if let untold = record.untold, !untold.isEmpty {
      let hosts = untold.map(\.rawValue).joined(separator: ", ")
      items.append(
        Item(
          headline: "No details from the agents of \(hosts)",
          sentence: "they answer this machine as they answer a stranger: a gateway that fails hard "
            + "there is not refused, HAProxy's own check alone decides",
          remedy: "name this machine's address in probe_from of the sluice.yaml that those agents "
            + "read, then restart them", tone: .warning))
    }
    return items
  }

  private static func keeper(_ sight: KeeperSight, hasProcess: Bool) -> [Item] {
    switch sight {
    case .none:
      return [
        Item(
          headline: "The balancer has no keeper",
          sentence:
            "an HAProxy that dies stays dead, and a gateway that fails hard stays in service",
          remedy:
            "sluice balancer start; as a service, for after a reboot too: sluice balancer service",
          tone: .warning)
      ]
    case .silent(let holder):
      return [
        Item(
          headline: "The balancer's keeper does not answer", sentence: holder,
          remedy: "end that process, then: sluice balancer start", tone: .warning)
      ]
    case .atWork(let record):
      guard let trouble = record.trouble, hasProcess else { return [] }
      return [
        Item(
          headline: "The balancer's keeper cannot do its work", sentence: trouble.message,
          remedy: trouble.remedy, tone: .warning)
      ]
    }
  }

  func lines(width: Int, style: Style) -> [String] {
    items.flatMap { item in
      let text = StyledText("\(item.headline)   ", item.tone) + StyledText(item.sentence)
      let remedy = item.remedy.map { StyledText("  → \($0)", .accent) }
      return ([text] + (remedy.map { [$0] } ?? [])).flatMap {
        $0.wrapped(to: width).map { $0.rendered(style) }
      }
    }
  }

  var json: JSONValue {
    .array(
      items.map {
        [
          "what": .string($0.headline), "why": .string($0.sentence),
          "remedy": $0.remedy.map { .string($0) } ?? .null, "severe": .bool($0.tone == .bad),
        ]
      })
  }
}
