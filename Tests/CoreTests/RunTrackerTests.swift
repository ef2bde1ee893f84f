import SluiceCore
import SluiceJudge
import Testing

@Suite("What the gateways' run logs say of a step")
struct RunBookTests {
  private static let canary = HostName("mac-a")
  private static let stable = HostName("mac-b")
  private static let bound: Int64 = 600_000

  private func book() -> RunTracker {
    RunTracker(arms: [Self.canary: .canary, Self.stable: .stable])
  }

  private func row(
    _ host: HostName, _ run: String, _ status: RunRow.Status, at milliseconds: Int64,
    isOwn: Bool = false
  ) -> HostRun {
    HostRun(
      host: host,
      row: RunRow(
        sequence: milliseconds, occurredMilliseconds: milliseconds, status: status, run: run,
        session: nil, isOwn: isOwn, event: "\(run)\(status)"))
  }

  private func session(
    _ host: HostName, generation: Int64, at milliseconds: Int64, status: Int = 200
  ) -> SessionRecord {
    SessionRecord(
      process: 1, sequence: milliseconds, assignedMilliseconds: milliseconds,
      arm: host == Self.canary ? .canary : .stable, why: .draw, generation: generation,
      host: host, status: status, ending: "----", activeMilliseconds: 5,
      isWebSocket: status == 101, wasRetried: false)
  }

  @Test(
    "before any run log was heard, or with rows missing, nothing is said of runs that never began")
  func unheard() {
    var book = book()
    book.take(session(Self.canary, generation: 7, at: 1_000))
    #expect(book.neverBegan(generation: 7) == nil)
    #expect(book.summary(generation: 7, now: 2_000, bound: Self.bound) == nil)
    let started = [row(Self.canary, "a", .started, at: 1_100)]
    book.take(started, lost: 0)
    #expect(book.neverBegan(generation: 7) != nil)
    let open = book.concluded(generation: 7, bound: Self.bound)
    #expect(open.canary.sessions == 0 && open.canary.answers == AnswerCounts())
    book.take([], lost: 1)
    #expect(book.neverBegan(generation: 7) == nil)
  }

  @Test("a run is counted once, by how it ended, for the arm of its gateway")
  func outcomes() throws {
    var book = book()
    book.take(session(Self.stable, generation: 7, at: 1_000))
    book.take(
      [
        row(Self.canary, "a", .started, at: 1_100), row(Self.canary, "a", .failed, at: 1_200),
        row(Self.canary, "b", .started, at: 1_300), row(Self.canary, "b", .succeeded, at: 1_400),
        row(Self.stable, "c", .started, at: 1_500), row(Self.stable, "c", .cancelled, at: 1_600),
        row(Self.stable, "d", .started, at: 1_700), row(Self.stable, "d", .timedOut, at: 1_800),
        row(Self.stable, "own", .started, at: 1_900, isOwn: true),
      ], lost: 0)
    let first = book.concluded(generation: 7, bound: Self.bound)
    #expect(first.canary.sessions == 2 && first.canary.errors == 1)
    // The person who cancelled has left.
    #expect(first.stable.sessions == 1 && first.stable.errors == 1)
    #expect(first.stable.answers == AnswerCounts([.timedOut: 1, .clientAborted: 1]))
    #expect(book.concluded(generation: 7, bound: Self.bound).canary.sessions == 0)
    let summary = try #require(book.summary(generation: 7, now: 2_000, bound: Self.bound))
    #expect(summary.canary.runs == 2 && summary.canary.failed == 1 && summary.canary.open == 0)
    #expect(summary.stable.runs == 2 && summary.stable.faults == 1)
  }

  @Test("a run that its host's ledger left behind counts as unfinished, before that as open")
  func unfinished() throws {
    var book = book()
    book.take(session(Self.stable, generation: 7, at: 1_000))
    book.take([row(Self.canary, "a", .started, at: 1_100)], lost: 0)
    // Another host's rows say nothing of this one's.
    book.take([row(Self.stable, "b", .started, at: 900_000)], lost: 0)
    #expect(book.concluded(generation: 7, bound: Self.bound).canary.sessions == 0)
    #expect(
      try #require(book.summary(generation: 7, now: 500_000, bound: Self.bound)).canary.open == 1)
    book.take([row(Self.canary, "own", .started, at: 601_101, isOwn: true)], lost: 0)
    let late = book.concluded(generation: 7, bound: Self.bound)
    #expect(late.canary.sessions == 1 && late.canary.errors == 1)
    let summary = try #require(book.summary(generation: 7, now: 601_101, bound: Self.bound))
    #expect(summary.canary.unfinished == 1 && summary.canary.open == 0)
    // An end that comes after all changes what is shown, not what was counted.
    book.take([row(Self.canary, "a", .succeeded, at: 700_000)], lost: 0)
    #expect(book.concluded(generation: 7, bound: Self.bound).canary.sessions == 0)
  }

  @Test("a run belongs to the generation under which it began")
  func generations() throws {
    var book = book()
    book.take(session(Self.stable, generation: 7, at: 1_000))
    book.take(session(Self.stable, generation: 8, at: 5_000))
    book.take(
      [
        row(Self.canary, "early", .started, at: 900),
        row(Self.canary, "seven", .started, at: 1_500),
        row(Self.canary, "eight", .started, at: 5_001),
        row(Self.canary, "eight", .succeeded, at: 5_900),
        row(Self.canary, "seven", .failed, at: 5_950),
      ], lost: 0)
    #expect(book.concluded(generation: 7, bound: Self.bound).canary.errors == 1)
    let eight = book.concluded(generation: 8, bound: Self.bound).canary
    #expect(eight.sessions == 1 && eight.errors == 0)
  }

  @Test("says when balancer and ledger do not tell the same number of sessions")
  func disagreement() throws {
    var book = book()
    for index in 0..<20 {
      book.take(session(Self.stable, generation: 7, at: 1_000 + Int64(index)))
    }
    book.take([row(Self.stable, "a", .started, at: 1_100)], lost: 2)
    // Runs that one of the two may not have told yet are not compared.
    #expect(
      try #require(book.summary(generation: 7, now: 2_000, bound: Self.bound)).disagreements == [])
    book.take([row(Self.stable, "late", .started, at: 19_000, isOwn: true)], lost: 0)
    let summary = try #require(book.summary(generation: 7, now: 20_000, bound: Self.bound))
    #expect(summary.lost == 2)
    #expect(summary.disagreements.count == 1)
    #expect(summary.disagreements[0].contains("mac-b: the balancer had 20 sessions"))
    for index in 0..<30 {
      let at = 1_200 + Int64(index) * 2
      book.take(
        [
          row(Self.canary, "x\(index)", .started, at: at),
          row(Self.canary, "x\(index)", .succeeded, at: at + 1),
        ], lost: 0)
    }
    let two = try #require(book.summary(generation: 7, now: 20_000, bound: Self.bound))
    #expect(two.disagreements.first?.contains("mac-a: its run log has 30 runs") == true)
  }

  @Test("runs of WebSockets and channels are not held against the balancer's requests")
  func channels() throws {
    var book = book()
    book.take(session(Self.stable, generation: 7, at: 1_000))
    for index in 0..<30 {
      for (status, at) in [(RunRow.Status.started, Int64(1_100)), (.succeeded, 1_200)] {
        var run = row(Self.canary, "x\(index)", status, at: at)
        run.row.isHTTP = false
        book.take([run], lost: 0)
      }
    }
    let summary = try #require(book.summary(generation: 7, now: 20_000, bound: Self.bound))
    #expect(summary.disagreements == [] && summary.canary.runs == 30)
  }

  @Test("open sessions, the slack of a change and equal counts are no disagreement")
  func agreement() throws {
    var book = book()
    book.take(session(Self.stable, generation: 7, at: 1_000))
    for index in 0..<40 {
      let at = 1_001 + Int64(index)
      book.take([row(Self.stable, "x\(index)", .started, at: at)], lost: 0)
      guard index < 25 else { continue }
      book.take([row(Self.stable, "x\(index)", .succeeded, at: at + 5)], lost: 0)
      book.take(session(Self.stable, generation: 7, at: at))
    }
    let summary = try #require(book.summary(generation: 7, now: 20_000, bound: Self.bound))
    #expect(summary.disagreements == [])
    #expect(summary.stable.open == 15)
  }

  @Test("no ledger that was heard, nothing said")
  func silent() {
    var book = book()
    book.take(session(Self.stable, generation: 7, at: 1_000))
    #expect(book.summary(generation: 7, now: 2_000, bound: Self.bound) == nil)
  }

  @Test("the ledgers make a verdict worse, never better, and hold nothing up")
  func joined() {
    func assessment(_ verdict: Verdict) -> Assessment {
      Assessment(
        generation: 7, verdict: verdict, reasons: ["\(verdict)"],
        canary: .init(sessions: 0, errors: 0, p50: nil, p95: nil),
        stable: .init(sessions: 0, errors: 0, p50: nil, p95: nil), share: nil, wanted: 4, lost: 0,
        held: 0, oddsAgainstHealthy: nil)
    }
    let expected: [(Verdict, Verdict, Verdict)] = [
      (.pass, .fail, .fail), (.insufficient, .fail, .fail), (.pass, .degraded, .degraded),
      (.pass, .insufficient, .pass), (.insufficient, .pass, .insufficient), (.fail, .pass, .fail),
      (.degraded, .pass, .degraded), (.insufficient, .degraded, .insufficient),
    ]
    for (log, runs, verdict) in expected {
      let joined = assessment(log).joined(with: assessment(runs), RunSummary())
      #expect(joined.verdict == verdict)
      #expect(joined.runs != nil)
      if verdict != log { #expect(joined.reasons[0] == "by the gateways' run logs, \(runs)") }
    }
  }
}

@Suite("What is told of a gateway by itself")
struct GatewayNewsTests {
  @Test("retries of the last minute are many from three on, and one for five runs")
  func retries() {
    var window = RetryWindow()
    for at in stride(from: Int64(0), to: 10_000, by: 1_000) { window.take(.runStarted, now: at) }
    window.take(.runRetried, now: 9_000)
    window.take(.runRetried, now: 9_500)
    #expect(!window.reading(now: 10_000).areMany)
    window.take(.runRetried, now: 10_000)
    #expect(window.reading(now: 10_000) == Retries(runs: 10, retries: 3))
    #expect(window.reading(now: 10_000).areMany)
    for _ in 0..<10 { window.take(.runStarted, now: 10_000) }
    #expect(!window.reading(now: 10_000).areMany, "one in seven")
    #expect(!window.reading(now: 80_000).areMany, "a minute later it is forgotten")
  }

  @Test("what is a minute old still counts, whether or not more was heard since")
  func minute() {
    for heardMore in [false, true] {
      var window = RetryWindow()
      window.take(.runStarted, now: 1_000)
      window.take(.runRetried, now: 1_000)
      if heardMore { window.take(.runStarted, now: 61_000) }
      let more = heardMore ? 1 : 0
      #expect(window.reading(now: 61_000) == Retries(runs: 1 + more, retries: 1))
      #expect(window.reading(now: 61_001) == Retries(runs: more, retries: 0))
    }
  }

  @Test("many retries degrade the probe, and its fingerprint stays")
  func degrades() {
    let good = ProbeExample.probe { _ in }
    let bad = ProbeExample.probe { $0.process.retries = Retries(runs: 9, retries: 4) }
    #expect(good.status == .ok)
    #expect(bad.status == .degraded)
    #expect(bad.reasons.map(\.check) == ["model"])
    #expect(bad.fingerprint == good.fingerprint)
    #expect(ProbeExample.probe { $0.process.retries = Retries(runs: 9, retries: 1) } == good)
  }

  @Test("a component that was accepted may go on failing, another may not")
  func components() {
    let known = ProbeExample.probe {
      $0.process.readiness = .started(failing: ["telegram"])
      $0.acceptedComponents = ["telegram"]
    }
    #expect(known.status == .ok)
    let new = ProbeExample.probe {
      $0.process.readiness = .started(failing: ["telegram", "state-database"])
      $0.acceptedComponents = ["telegram"]
    }
    #expect(new.status == .fail)
    #expect(new.reasons[0].message.contains("not ready: state-database"))
    let finding = DoctorFinding(failingComponent: "telegram")
    #expect(finding.component == "telegram" && finding.isAccepted(by: [finding]))
  }
}

@Suite("The proof that the pack is loaded")
struct PackProofTests {
  private func loaded(
    _ name: String, source: String = LoadedSkill.packSource, isEligible: Bool = true
  ) -> LoadedSkill {
    LoadedSkill(
      name: name, description: "", source: source, filePath: "/skills/current/\(name)/SKILL.md",
      isEligible: isEligible)
  }

  @Test("what is missing, hidden or unusable is named, with what to do")
  func faults() {
    let pack = [
      PackSkill(folder: "a", name: "greeter", fault: nil),
      PackSkill(folder: "b", name: "hidden", fault: nil),
      PackSkill(folder: "c", name: nil, fault: "its SKILL.md is hard-linked. Place a copy."),
      PackSkill(folder: "d", name: "lost", fault: nil),
      PackSkill(folder: "e", name: "needy", fault: nil),
    ]
    let proof = PackProof(
      pack: pack,
      loaded: [
        loaded("greeter"), loaded("hidden", source: "openclaw-workspace"),
        loaded("needy", isEligible: false),
      ])
    #expect(proof.missing.count == 3)
    #expect(proof.missing[0].contains("hidden by another skill hidden from openclaw-workspace"))
    #expect(proof.missing[0].contains("remove that one"))
    #expect(proof.missing[1].contains("c of the pack is not loaded: its SKILL.md is hard-linked"))
    #expect(proof.missing[2].contains("openclaw skills info lost"))
    #expect(proof.unusable.count == 1 && proof.unusable[0].contains("e of the pack"))
  }

  @Test("a pack that is there as a whole has no faults, whatever else is loaded")
  func whole() {
    let proof = PackProof(
      pack: [PackSkill(folder: "a", name: "greeter", fault: nil)],
      loaded: [loaded("other", source: "openclaw-bundled", isEligible: false), loaded("greeter")])
    #expect(proof.faults == [])
  }
}

@Suite("What measured times mean for the settings")
struct HostTimingsTests {
  @Test("times that fit say nothing; others say which setting to change")
  func advice() {
    var fleet = Fleet(
      name: "f", writer: WriterSpec(infra: "/i", ledger: "/l", state: "/s"), hosts: [],
      balancer: .managed(
        HAProxySpec(
          bind: "127.0.0.1:1", program: nil, directory: "/d", pinned: .wait, cohorts: [:])),
      ramp: Ramp.Preset.standard.ramp,
      judge: JudgeLimits(
        minimumSessions: 50, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 15_000,
        progressMilliseconds: 3_600_000),
      probe: ProbePolicy(
        intervalMilliseconds: 5_000, doctorMilliseconds: 300_000, maximumAgeMilliseconds: 15_000,
        queueLimit: 8),
      swing: SwingPolicy(
        restart: .always, restartBy: .service, drainMilliseconds: 1, atDrainDeadline: .cut,
        startMilliseconds: 120_000), capacityFloor: 1, bakeMilliseconds: 0)
    let timings = HostTimings(start: 20_000, warmUp: 8_000, drain: 3_000, doctor: 14_000)
    #expect(timings.advice(for: fleet) == [])
    #expect(timings.sentence == "drain 3 s, start 20 s, warm-up 8 s, Doctor 14 s")
    #expect(HostTimings.advice(onHoldsOf: fleet) == [])
    fleet.probe.doctorMilliseconds = 20_000
    fleet.swing.startMilliseconds = 30_000
    fleet.ramp = Ramp(steps: [.init(share: .zero, holdMilliseconds: 10_000)])
    #expect(timings.advice(for: fleet).count == 2)
    #expect(timings.advice(for: fleet)[0].contains("probe.doctor to at least 28 s"))
    #expect(timings.advice(for: fleet)[1].contains("at least 56 s"))
    #expect(HostTimings.advice(onHoldsOf: fleet)[0].contains("only its retries are seen"))
    #expect(HostTimings().isEmpty && HostTimings().advice(for: fleet) == [])
  }
}
