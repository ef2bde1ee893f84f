import SluiceCore
import SluiceController
import SluiceJSON
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceRehearsal

@Suite("The drill of outages")
struct OutageTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Four answers a second, with one of them late by so much, and so many cut.
  private func clients(without gap: Int64 = 250, cut: Int = 0) -> SteadyReport {
    let good = (0..<20).map { number -> SteadyRequest in
      let at = Int64(number) * 250 + (number >= 10 ? gap - 250 : 0)
      return SteadyRequest(began: at, ended: at + 10, outcome: .answered)
    }
    let lost = (0..<cut).map { _ in
      SteadyRequest(began: 2_300, ended: 2_310, outcome: .lost(.cut))
    }
    return SteadyReport(good + lost, from: 0, to: 4_760 + gap - 250)
  }

  @Test("one lost request is one too many, but where HAProxy took it along")
  func lost() {
    for outage in Outage.allCases {
      let report = OutageReport(outage, clients(cut: 1), said: nil, troubles: [])
      #expect(report.faults.isEmpty == [.haproxy, .haproxyInRamp, .deaf].contains(outage))
    }
  }

  @Test(
    "a HAProxy that is killed is there again in less than 1.5 s",
    arguments: [(1_499, true), (1_500, false)])
  func servedAgain(gap: Int64, isGood: Bool) {
    let report = OutageReport(.haproxy, clients(without: gap, cut: 9), said: nil, troubles: [])
    #expect(report.clients.longestWithout == gap)
    #expect(report.faults.isEmpty == isGood)
  }

  @Test("nobody served is no success, though nobody was sent away")
  func nobody() {
    let none = SteadyReport([], from: 0, to: 1_000)
    #expect(!OutageReport(.agents, none, said: nil, troubles: []).faults.isEmpty)
    #expect(!OutagesSummary(reports: []).isAsIntended)
  }

  @Test("the summary names every outage with what clients lost, and is wrong when one is")
  func summary() {
    let good = OutageReport(.agents, clients(), said: "No agent answers on mac-a", troubles: [])
    let bad = OutageReport(.doctorRed, clients(), said: nil, troubles: ["status never said so"])
    let summary = OutagesSummary(reports: [good, bad])
    #expect(OutagesSummary(reports: [good]).isAsIntended && !summary.isAsIntended)
    #expect(summary.wrong == [bad])
    let lines = summary.lines
    #expect(lines[0].hasPrefix("all agents killed: 20 sent, 20 answered, 0 lost;"))
    #expect(lines[1] == "  status: No agent answers on mac-a")
    #expect(lines.contains("  status: nothing of it"))
    #expect(lines.contains("  WRONG: status never said so"))
    #expect(
      lines.last == "outages   2: 1 as they should be, 1 wrong; 40 requests, 0 lost")
    #expect(summary.json["schema"] == "sluice.outages/1" && summary.json["as_intended"] == false)
    guard case .array(let outages)? = summary.json["outages"], let first = outages.first else {
      Issue.record("no outages: \(summary.json)")
      return
    }
    #expect(first["clients"]?["sent"] == 20 && first["outage"] == "agents")
  }

  @Test("what the status says first is the line at its top that was not there before")
  func status() {
    var watch = StatusWatch(before: "fleet   no promotion yet\n  mac-a ok 2 s\n")
    watch.take("fleet   no promotion yet\n  mac-a ok 3 s\n")
    #expect(watch.said == nil)
    watch.take("fleet   no promotion yet\n  mac-a fail\n    Doctor gave no answer\n")
    #expect(watch.said == "mac-a fail")
    watch.take("THE BALANCER FAILS OPEN   all\nfleet   no promotion yet\n")
    watch.take("THE BALANCER IS DOWN\nfleet   no promotion yet\n")
    #expect(watch.said == "THE BALANCER FAILS OPEN all")
    #expect(watch.everything.contains("Doctor gave no answer"))
  }

  private func drillFleet(standIn: String) async throws -> RehearsalFleet {
    var programs = RehearsalFleet.Programs(sluice: "/bin/sh", standIn: standIn)
    programs.hasDoctorScript = true
    return try await RehearsalFleet.build(
      in: directory("it's"), programs: programs, timing: OutageDrill.timing)
  }

  @Test("a drill's fleet asks Doctor through the script, and fills its lanes")
  func described() async throws {
    let fleet = try await drillFleet(standIn: "/bin/echo")
    #expect(fleet.fleet.hosts.allSatisfy { $0.openclaw.cli == fleet.layout.doctorScript.path })
    for host in fleet.fleet.hosts {
      guard case .process(let program, _, _, _) = host.openclaw.service else {
        Issue.record("\(host.name) has no process service")
        continue
      }
      #expect(program == "/bin/echo")
    }
    #expect(fleet.fleet.probe.queueLimit == 24)
    #expect(fleet.fleet.ramp.steps.map(\.holdMilliseconds) == [1_000, 1_000, 900_000])
    for host in fleet.layout.hosts {
      let hasLane = try Files.readText(host.configuration).contains(#""maxConcurrent": 8"#)
      #expect(hasLane == (host.arm == .stable))
    }
  }

  @Test("the script passes everything on, but Doctor where a file says so")
  func script() async throws {
    let fleet = try await drillFleet(standIn: "/bin/echo")
    let script = fleet.layout.doctorScript
    func run(_ arguments: [String], deadline: Duration = .seconds(60)) async throws
      -> ProcessOutcome
    {
      try await Processes.run(
        ProcessCommand(
          script.path, arguments, environment: ["PATH": "/usr/bin:/bin", "HOME": "/h"],
          directory: fleet.layout.directory, deadline: deadline))
    }
    let well = try await run(["doctor", "--json"])
    #expect(well.succeeded && well.outputText == "doctor --json\n")
    #expect(try script.hosts(asked: .red) == 0)
    try script.set(.red)
    let red = try await run(["doctor", "--json"])
    #expect(red.termination == .exited(1))
    #expect(red.outputText.contains(DoctorScript.finding))
    #expect(try script.hosts(asked: .red) == 1 && script.hosts(asked: .hung) == 0)
    #expect(try await run(["config", "file"]).outputText == "config file\n")
    try script.set(.silent)
    let silent = try await run(["doctor"], deadline: .milliseconds(300))
    #expect(silent.termination != .exited(0) && silent.outputText.isEmpty)
  }

  @Test("a Doctor that hangs has written its report, and ends once the outage is over")
  func hung() async throws {
    let standIn = directory("standin")
    let begun = directory("begun")
    try Files.replace(
      standIn, with: Array("#!/bin/sh\necho \"$@\"; : > '\(begun)'\n".utf8), mode: 0o755,
      durable: false)
    let fleet = try await drillFleet(standIn: standIn)
    let script = fleet.layout.doctorScript
    try script.set(.hung)
    async let outcome = Processes.run(
      ProcessCommand(
        script.path, ["doctor"], environment: ["PATH": "/usr/bin:/bin", "HOME": "/h"],
        directory: fleet.layout.directory, deadline: .seconds(60)))
    #expect(await eventually { (try? Files.status(of: begun)) ?? nil != nil })
    try script.set(.well)
    let ended = try await outcome
    #expect(ended.termination == .exited(1) && ended.outputText == "doctor\n")
  }
}
