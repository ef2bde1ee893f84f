import SluiceArguments
import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceStatus
import SluiceSystem
import Testing

@testable import SluiceCommands
@testable import SluiceController

/// The first lines for an operator: the balancer is every client's door.
@Suite("What is wrong with the balancer")
struct BalancerTroubleTests {
  private static let fleet = ExampleFleet.fleet()
  private static let unreachable = PortError(
    .unreachable, "HAProxy does not answer at /run/adm.sock", remedy: "sluice balancer start")

  private static let floodRemedy =
    switch fleet.balancer {
    case .managed(let spec): FloodCount.remedy(spec)
    }

  private func door(
    hasProcess: Bool = true, isStopped: Bool = false, wasEverStarted: Bool = true,
    keeper: KeeperSight? = nil, _ change: (inout KeeperRecord) -> Void = { _ in }
  ) -> DoorSight {
    var record = KeeperRecord()
    record.isStopped = isStopped
    change(&record)
    return DoorSight(
      wasEverStarted: wasEverStarted, hasProcess: hasProcess, isStopped: isStopped,
      keeper: (keeper ?? .atWork(record)).report(floodRemedy: Self.floodRemedy))
  }

  private func state(isUp: Bool = true) -> BalancerState {
    BalancerState(
      weights: Weights(share: .zero, pinEpoch: 1, generation: 1),
      servers: Self.fleet.gateways.map {
        .init(host: $0.name, arm: $0.arm, isUp: isUp, isTakenOut: false, openSessions: 0)
      }, processID: 7, upSeconds: 60)
  }

  private func text(_ balancer: Result<BalancerState, PortError>?, _ door: DoorSight?) -> String {
    BalancerTrouble(balancer: balancer, door: door, fleet: Self.fleet)
      .lines(width: 400, style: .plain).joined(separator: "\n")
  }

  @Test("all well says nothing, and neither does a fleet that never had a balancer")
  func quiet() {
    #expect(text(.success(state()), door()) == "")
    #expect(text(.failure(Self.unreachable), door(hasProcess: false, wasEverStarted: false)) == "")
    #expect(text(nil, nil) == "")
  }

  @Test("the balancer's own status has its process, how long it runs, and a word for each server")
  func status() {
    var state = state()
    state.servers[0].isTakenOut = true
    state.servers[1].isUp = false
    state.upSeconds = 360_000
    let trouble = BalancerTrouble(balancer: .success(state), door: door(), fleet: Self.fleet)
    let lines = BalancerCommand.lines(state, trouble, width: 80, style: .plain)
    #expect(
      lines[0] == "canary share 0 %   1 of 3 servers in service   pin epoch 1   generation 1")
    #expect(lines[1].hasSuffix("process 7, up \(Wording.duration(360_000_000))"))
    let words = lines.dropFirst(3).map {
      $0.split(separator: " ").dropFirst(2).joined(separator: " ")
    }
    #expect(words == ["taken out 0", "down 0", "in service 0"], "\(lines)")
    let refused = door {
      $0.admission = Admission(refused: [Self.fleet.gateways[1].name: "the tree was altered"])
    }
    let told = BalancerTrouble(balancer: .success(state), door: refused, fleet: Self.fleet)
    #expect(
      BalancerCommand.lines(state, told, width: 80, style: .plain)[4].contains("refused"))
    state.upSeconds = nil
    #expect(
      BalancerCommand.lines(state, trouble, width: 80, style: .plain)[0].hasSuffix("generation 1"))
  }

  @Test("a flood is named with its count, and with what shows the addresses")
  func flood() {
    let door = door {
      $0.atMilliseconds = 2_000
      var floods = FloodCount()
      floods.take(.init(processID: 3, refused: 12, untold: 0), at: 1_000)
      $0.floods = floods
    }
    let text = text(.success(state()), door)
    #expect(text.hasPrefix("A flood at the balancer   12 connections"))
    #expect(text.contains("show table st_src") && text.contains("connections_per_source"))
  }

  @Test("agents that answer the keeper as a stranger are named, with the key that is missing")
  func untold() {
    let door = door { $0.untold = [Self.fleet.gateways[0].name] }
    let text = text(.success(state()), door)
    #expect(text.hasPrefix("No details from the agents of \(Self.fleet.gateways[0].name)"))
    #expect(text.contains("is not refused") && text.contains("probe_from"))
  }

  @Test(
    "G5: killed and kept, it comes by itself; without a keeper the verb that starts it is named")
  func down() {
    let kept = text(.failure(Self.unreachable), door(hasProcess: false))
    #expect(kept.hasPrefix("THE BALANCER IS DOWN   HAProxy does not run: no client is served"))
    #expect(kept.contains("its keeper starts it within a second"))
    let alone = text(.failure(Self.unreachable), door(hasProcess: false, keeper: KeeperSight.none))
    #expect(alone.contains("→ sluice balancer start"))
    #expect(alone.contains("The balancer has no keeper"))
    #expect(!alone.contains("sluice resume"))
  }

  @Test("one that cannot be started says why, with the remedy of that")
  func cannotStart() {
    let text = text(
      .failure(Self.unreachable),
      door(hasProcess: false) {
        $0.trouble = .init(
          PortError(.refused, "something else listens at :8080", remedy: "End it."))
      })
    #expect(text.contains("Its keeper cannot start it: something else listens at :8080"))
    #expect(text.contains("→ End it."))
  }

  @Test("G3: deaf, or with another one's socket: what it said and what to do about it")
  func deaf() {
    let error = PortError(
      .refused, "a second HAProxy, process 9, took the socket", remedy: "End it (kill 9).")
    let text = text(.failure(error), door())
    #expect(text.hasPrefix("THE BALANCER DOES NOT ANSWER   a second HAProxy, process 9"))
    #expect(text.contains("→ End it (kill 9)."))
  }

  @Test("one that an operator stopped says so, and nothing of a keeper")
  func stopped() {
    let text = text(
      .failure(Self.unreachable),
      door(hasProcess: false, isStopped: true, keeper: KeeperSight.none))
    #expect(text.hasPrefix("THE BALANCER IS STOPPED   an operator stopped it: no client is served"))
    #expect(text.split(separator: "\n").count == 2)
  }

  @Test("B2: failing open is loud, and names hosts, floor and cause")
  func failsOpen() {
    let text = text(
      .success(state()),
      door {
        $0.admission = Admission(
          letIn: Dictionary(
            uniqueKeysWithValues: ["mac-a", "mac-b", "mac-c"].map { (HostName($0), "new error x") })
        )
      })
    #expect(text.hasPrefix("THE BALANCER FAILS OPEN   mac-a, mac-b, mac-c fail hard"))
    #expect(text.contains("fewer than 1 stable gateways") && text.contains("new error x"))
  }

  @Test("a refused host and a silent agent are named")
  func refused() {
    let text = text(
      .success(state()),
      door {
        $0.admission = Admission(refused: [HostName("mac-b"): "the tree was altered"])
        $0.silent = [HostName("mac-c")]
      })
    #expect(text.contains("mac-b is refused by the balancer   the tree was altered"))
    #expect(text.contains("No agent answers on mac-c"))
  }

  @Test("no stable gateway in service is said, and a keeper that hangs or cannot work")
  func service() {
    #expect(text(.success(state(isUp: false)), door()).hasPrefix("NO STABLE GATEWAY IS IN SERVICE"))
    #expect(
      text(.success(state()), door(keeper: .silent("process 4711 on mac-w")))
        .contains("keeper does not answer   process 4711 on mac-w"))
  }

  @Test("explain says it before its answer, and does not say that waiting is fine")
  func explained() {
    let trouble = BalancerTrouble(
      balancer: .failure(Self.unreachable), door: door(hasProcess: false, keeper: KeeperSight.none),
      fleet: Self.fleet)
    let explanation = Explanation(nil, sight: .none, now: SystemTime().now(), trouble: trouble)
    let lines = ExplanationView(explanation).lines(style: .plain)
    #expect(lines.first?.hasPrefix("THE BALANCER IS DOWN") == true)
    #expect(lines.contains("There is no promotion."))
    #expect(explanation.json.canonicalText.contains("THE BALANCER IS DOWN"))
  }
}
