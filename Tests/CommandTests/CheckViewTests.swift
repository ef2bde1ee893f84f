import SluiceArguments
import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@testable import SluiceCommands

@Suite("The screen of sluice check")
struct CheckViewTests {
  private func lines(
    _ levels: [GatewayAnswer.Level], showsAll: Bool = false, width: Int = 80
  ) -> [String] {
    let fleet = ExampleFleet.fleet()
    var hosts: [HostName: Result<HostCheck, PortError>] = [:]
    for (level, spec) in zip(levels, fleet.hosts) {
      let answer = GatewayAnswer(
        capability: "drain", asked: "system.drain", level: level, came: "drained",
        means: level == .expected ? "" : "Update OpenClaw.", milliseconds: 3)
      hosts[spec.name] = .success(
        HostCheck(
          host: spec.name, sluiceVersion: "1", profile: nil, answers: [answer],
          timings: HostTimings(start: 12_000)))
    }
    let state = BalancerState(
      weights: Weights(share: .zero, pinEpoch: 1, generation: 1), servers: [], processID: 1,
      upSeconds: 1)
    return CheckView(
      FleetCheck(hosts: hosts, balancer: .success(state)), fleet: fleet, showsAll: showsAll
    ).lines(width: width, style: Style(isColoured: false))
  }

  @Test("three hosts in order: the first line is the answer, and each host takes one line")
  func inOrder() {
    let lines = lines([.expected, .expected, .expected])
    #expect(lines.first == "3 hosts, all in order")
    #expect(lines.count { $0.hasSuffix("in order") } == 4)
    #expect(!lines.contains { $0.contains("system.drain") })
    #expect(lines.last == "sluice check --all shows every answer")
    #expect(self.lines([.expected]).first == "1 host, in order")
    #expect(self.lines([.odd, .expected]).first == "2 hosts, all in order; remarks on 1 of them")
  }

  @Test("--all shows every answer of every host", arguments: [80, 120])
  func all(width: Int) {
    let lines = lines([.expected, .odd, .expected], showsAll: true, width: width)
    #expect(lines.count { $0.contains("system.drain") } == 3)
    #expect(!lines.contains { $0.contains("--all") })
    #expect(lines.allSatisfy { $0.count <= width })
  }

  @Test("a host with a fault is shown with all its answers, the others are not")
  func fault() {
    let lines = lines([.expected, .fault, .expected])
    #expect(lines.first == "NOT in order   2 of 3 hosts are")
    #expect(lines.count { $0.contains("system.drain") } == 1)
    #expect(lines.contains { $0.contains("FAULT  drain: Update OpenClaw.") })
  }
}
