import SluiceCore
import Testing

@Suite("The gates of a step")
struct StepGatesTests {
  func view(
    held: Int64 = 30_000, paused: Int64 = 0, isPaused: Bool = false,
    verdict: Verdict = .pass, canary: MergedProbe.Status? = .ok,
    stable: MergedProbe.Status? = .ok, measured: Int = 2_000
  ) throws -> StepView {
    let weights = try weights(2_000)
    let share = try #require(Share(basisPoints: 2_000))
    let assessment = Assessment(
      generation: 1, verdict: verdict, reasons: ["because."],
      canary: .init(sessions: 200, errors: 0, p50: 50, p95: 90),
      stable: .init(sessions: 800, errors: 2, p50: 50, p95: 90),
      share: .init(
        canaryDraws: measured / 10, draws: 1_000, estimate: measured, low: measured - 250,
        high: measured + 250),
      wanted: verdict == .insufficient ? 40 : 0, lost: 0, held: 0, oddsAgainstHealthy: nil)
    func host(_ status: MergedProbe.Status?) -> Watch.HostWatch {
      .init(
        status: status, reason: nil, runs: "1.4.1", probeDigest: nil, fingerprint: nil,
        bootID: "boot-1")
    }
    return StepView(
      step: .init(share: share, holdMilliseconds: 20_000),
      policy: ProbePolicy(
        intervalMilliseconds: 5_000, doctorMilliseconds: 5_000, maximumAgeMilliseconds: 15_000,
        queueLimit: 8),
      limits: JudgeLimits(
        minimumSessions: 30, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 1_000,
        progressMilliseconds: 60_000),
      intended: share, heldMilliseconds: held, pausedMilliseconds: paused,
      watch: Watch(
        assessment: assessment,
        hosts: [HostName("mac-a"): host(canary), HostName("mac-b"): host(stable)],
        balancer: BalancerState(
          weights: weights,
          servers: [
            .init(
              host: HostName("mac-a"), arm: .canary, isUp: true, isTakenOut: false,
              openSessions: 0)
          ], processID: 1, upSeconds: 1)),
      isPaused: isPaused, canaries: [HostName("mac-a")], weights: weights,
      beliefs: [HostName("mac-a"): .init(version: "1.4.1", bootID: "boot-1")])
  }

  func weights(_ basisPoints: Int) throws -> Weights {
    try Weights(share: #require(Share(basisPoints: basisPoints)), pinEpoch: 1, generation: 1)
  }

  func shut(_ view: StepView) -> [Gate] {
    StepGates.evaluate(view).filter { !$0.isOpen }.map(\.gate)
  }

  func refusing(_ view: StepView) -> [Gate] {
    StepGates.evaluate(view).filter { $0.answer == .refuses }.map(\.gate)
  }

  @Test("all are open when nothing is wrong")
  func open() throws { #expect(try shut(view()).isEmpty) }

  @Test("a hold lasts two probe intervals, also where the step asks for less")
  func twoIntervals() throws {
    var view = try view(held: 9_999)
    view.step.holdMilliseconds = 0
    #expect(shut(view) == [.hold])
    view.heldMilliseconds = 10_000
    #expect(shut(view).isEmpty)
  }

  @Test("only a pass widens", arguments: [Verdict.degraded, .insufficient])
  func verdicts(verdict: Verdict) throws {
    #expect(try shut(view(verdict: verdict)) == [.verdict])
    #expect(try refusing(view(verdict: verdict)).isEmpty)
  }

  @Test("a fail is refused even while the hold lasts or a person paused it")
  func fail() throws {
    #expect(try refusing(view(held: 0, verdict: .fail)) == [.verdict])
    #expect(try refusing(view(isPaused: true, verdict: .fail)) == [.verdict])
  }

  @Test("a failing canary goes back; a failing, degraded or silent stable holds")
  func probes() throws {
    #expect(try refusing(view(canary: .fail)) == [.probes])
    for status in [MergedProbe.Status.fail, .degraded, nil] {
      #expect(try shut(view(stable: status)) == [.probes])
      #expect(try refusing(view(stable: status)).isEmpty)
    }
    #expect(try shut(view(canary: nil)) == [.probes], "no data is not a pass")
  }

  @Test("a balancer that gives another share than it says holds the step")
  func share() throws {
    #expect(try shut(view(measured: 1_000)) == [.share])
    #expect(try shut(view(measured: 3_000)) == [.share])
  }

  @Test("a canary that runs something else, or that somebody else started, goes back")
  func strangers() throws {
    var moved = try view()
    moved.beliefs = [HostName("mac-a"): .init(version: "1.4.2", bootID: nil)]
    #expect(refusing(moved) == [.probes])
    var started = try view()
    started.beliefs = [HostName("mac-a"): .init(version: "1.4.1", bootID: "boot-0")]
    #expect(refusing(started) == [.probes])
    started.canaries = []
    #expect(shut(started) == [.probes])
    #expect(refusing(started).isEmpty, "a stable that was restarted holds")
  }

  @Test("weights that somebody else changed go back; a silent balancer or a host that is out holds")
  func balancer() throws {
    var changed = try view()
    changed.weights = try weights(1_000)
    #expect(refusing(changed) == [.balancer])
    var silent = try view()
    silent.watch?.balancer = nil
    #expect(shut(silent) == [.balancer])
    #expect(refusing(silent).isEmpty)
    var out = try view()
    out.watch?.balancer?.servers[0].isUp = false
    #expect(shut(out) == [.balancer])
    #expect(refusing(out).isEmpty)
  }

  /// A step that pins acme, with such sessions of acme; nil: none yet.
  private func pinned(_ acme: CohortCounts.Tenant?, _ names: [String] = ["acme"]) throws -> StepView
  {
    var view = try view()
    var weights = try weights(2_000)
    weights = Weights(
      share: weights.share, tenants: names, pinEpoch: weights.pinEpoch,
      generation: weights.generation)
    view.weights = weights
    view.watch?.balancer?.weights = weights
    view.watch?.assessment.cohorts = acme.map {
      CohortCounts(tenants: ["acme": $0, "zeta": $0], others: .init(sessions: 9_880))
    }
    return view
  }

  @Test("a step whose tenants have sessions elsewhere holds, and says how many")
  func tenants() throws {
    #expect(!StepGates.evaluate(try view()).contains { $0.gate == .tenants })
    #expect(try shut(pinned(nil)).isEmpty, "a tenant without a session holds nothing")
    let whole = try pinned(.init(sessions: 412))
    #expect(shut(whole).isEmpty)
    let told = try #require(StepGates.evaluate(whole).first { $0.gate == .tenants })
    #expect(told.paragraph == "acme: 412 of 412 sessions on 1.4.1; others: 0 of 9,880.")
    let open = try pinned(.init(sessions: 412, failedOpen: 3))
    #expect(shut(open).isEmpty, "the canary was out, and the gate of the balancer held meanwhile")
    let stray = try pinned(.init(sessions: 412, elsewhere: 12))
    #expect(shut(stray) == [.tenants] && refusing(stray).isEmpty)
    let gate = try #require(StepGates.evaluate(stray).first { $0.gate == .tenants })
    #expect(gate.cell == "acme: 12 elsewhere")
    #expect(
      gate.paragraph
        == "12 of 412 sessions of acme went to a stable gateway, and the step pins acme "
        + "to the canary: the balancer does not do what it says. acme: 400 of 412 sessions on "
        + "1.4.1; others: 0 of 9,880.")
    let two = try pinned(.init(sessions: 9, elsewhere: 1), ["acme", "zeta"])
    let both = try #require(StepGates.evaluate(two).first { $0.gate == .tenants })
    #expect(both.paragraph.contains("So did sessions of one more tenant."))
    #expect(
      try shut(pinned(.init(sessions: 9, elsewhere: 1), ["hooli"])).isEmpty,
      "sessions of a tenant that this step does not pin hold nothing")
  }

  @Test("a step that does not widen is refused at its deadline, but not for the time of a pause")
  func progress() throws {
    #expect(try refusing(view(held: 80_000, verdict: .insufficient)) == [.progress])
    #expect(try refusing(view(held: 80_000, paused: 10_000, verdict: .insufficient)).isEmpty)
    #expect(try refusing(view(held: 900_000, isPaused: true)).isEmpty)
    #expect(try shut(view(isPaused: true)) == [.pause])
  }
}
