import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@Suite("What was found on the hosts")
struct FleetCheckTests {
  private static let host = ExampleFleet.canary
  private static let silence = PortError(.unreachable, "nobody is there")

  private func check(
    _ level: GatewayAnswer.Level = .expected, stops: [String] = [],
    balancer: PortError? = nil
  ) -> FleetCheck {
    let answer = GatewayAnswer(
      capability: "drain", asked: "system.drain", level: level, came: "yes", means: "it works",
      milliseconds: 3)
    let found = HostCheck(
      host: Self.host, sluiceVersion: "1", profile: nil, answers: [answer],
      timings: HostTimings(start: 12_000))
    let state = BalancerState(
      weights: Weights(share: .zero, pinEpoch: 1, generation: 1), servers: [], processID: 1,
      upSeconds: 1)
    return FleetCheck(
      hosts: [Self.host: .success(found)],
      balancer: balancer.map { .failure($0) } ?? .success(state), stops: [Self.host: stops])
  }

  @Test("a fault, a silent balancer or what stops a promotion: each alone is not in order")
  func well() {
    #expect(check().isWell && check(.odd).isWell && check().goodHosts == 1)
    #expect(!check(.fault).isWell && check(.fault).goodHosts == 0)
    #expect(!check(balancer: Self.silence).isWell)
    let stopped = check(stops: ["\(Self.host): its disk is full"])
    #expect(!stopped.isWell && stopped.goodHosts == 0)
    #expect(stopped.stops(on: Self.host) == ["its disk is full"])
    #expect(check().timed.map(\.host) == [Self.host])
  }

  @Test("findings are accepted by check, and only when every host that was named has answered")
  func findings() throws {
    let new = DoctorFinding(
      check: "core/doctor/security", severity: .error, requirement: nil, path: nil, target: nil,
      message: "the token stands in the file")
    let report = FindingsReport(findings: [new], accepted: [])
    let all = FleetFindings([Self.host: .success(report)])
    #expect(!all.isClean && !all.isSilent)
    #expect(try all.chosen([]) == [Self.host: [new]])
    #expect(try all.chosen([new.check]) == [Self.host: [new]])
    #expect(throws: PortError.self) { try all.chosen(["core/doctor/other"]) }
    let half = FleetFindings([
      Self.host: .success(report), ExampleFleet.stables[0]: .failure(Self.silence),
    ])
    #expect(half.isSilent)
    #expect(throws: PortError.self) { try half.chosen([]) }
    let clean = FleetFindings([Self.host: .success(.init(findings: [new], accepted: [new]))])
    #expect(clean.isClean)
    #expect(try clean.chosen([]).isEmpty)
  }

  @Test("a server is told as refused only when it is down by the keeper's word")
  func standing() {
    let admission = Admission(refused: [Self.host: "the tree was altered"])
    let door = DoorSight(
      wasEverStarted: true, hasProcess: true, isStopped: false,
      keeper: .atWork(KeeperReport(admission: admission)))
    let trouble = BalancerTrouble(balancer: nil, door: door, fleet: ExampleFleet.fleet())
    func word(_ host: HostName, isUp: Bool, isTakenOut: Bool = false) -> String {
      trouble.standing(
        of: .init(
          host: host, arm: .stable, isUp: isUp, isTakenOut: isTakenOut, openSessions: 0)
      ).word
    }
    #expect(word(Self.host, isUp: false) == "refused")
    #expect(word(ExampleFleet.stables[0], isUp: false) == "down")
    #expect(word(ExampleFleet.stables[0], isUp: true) == "in service")
    #expect(word(Self.host, isUp: true, isTakenOut: true) == "taken out")
  }
}
