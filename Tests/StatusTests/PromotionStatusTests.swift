import SluiceCore
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@Suite("How a promotion stands")
struct PromotionStatusTests {
  private func status(
    _ promotion: Promotion, _ now: Moment, sight: ControllerSight = Worlds.atWork,
    answers: FleetAnswers? = nil
  ) -> PromotionStatus {
    PromotionStatus(
      promotion, answers: answers, actor: "ana", ticket: "OPS-311", sight: sight, now: now)
  }

  @Test(
    "in the ramp: step, share that was meant and that arrived, verdict, hosts, what it waits for")
  func ramping() async throws {
    let (promotion, now) = try await Worlds.ramping()
    let status = status(promotion, now)
    #expect(status.step?.number == 2 && status.step?.count == 3)
    #expect(status.weights.share == Share(basisPoints: 2_000) && status.measured != nil)
    #expect(status.severity == .plain && !status.isPaused && !status.isOver)
    #expect(status.judged?.verdict == status.verdict && status.judged?.severity == .plain)
    #expect(status.hosts.map(\.host) == [ExampleFleet.canary] + ExampleFleet.stables)
    #expect(status.hosts[0].sight == .remembered(status: "ok", runs: "1.4.2"))
    #expect(status.hosts[1].sight == .remembered(status: "ok", runs: "1.4.1"))
    #expect(status.records[ExampleFleet.canary]?.runs == "1.4.2")
    #expect(status.next?.actions == [.explain] && status.next?.text.hasPrefix("waits for ") == true)
  }

  @Test("what comes next is data: by who is at work, and by what a person asked")
  func next() async throws {
    let (promotion, now) = try await Worlds.ramping()
    #expect(status(promotion, now, sight: .none).next?.actions == [.resume])
    let silent = SilentController(holder: "process 7", process: 7, isStopped: true)
    let next = status(promotion, now, sight: .silent(silent)).next
    #expect(next?.actions == [.wake(7), .takeOver(.rollback), .takeOver(.resume)])
    #expect(next?.text.contains("it is stopped. Wake it:  kill -CONT 7") == true)
    let unknown = SilentController(holder: "somebody", process: nil, isStopped: false)
    #expect(
      status(promotion, now, sight: .silent(unknown)).next?.actions
        == [.takeOver(.rollback), .takeOver(.resume)])
    let paused = Worlds.asked(.pause, promotion, at: now)
    #expect(status(paused, now).next?.text == "sluice resume")
    #expect(status(paused, now).next?.actions == [.resume])
    #expect(status(paused, now).severity == .warning)
    let back = status(Worlds.asked(.rollBack, promotion, at: now), now)
    #expect(back.next == nil && back.severity == .warning && back.why?.contains("bo") == true)
  }

  @Test("a promotion that has ended stays ended, with or without a controller; nothing comes next")
  func ended() async throws {
    for (qualities, severity) in [([:], Severity.good), (Worlds.bad, .warning)] {
      let (promotion, now) = try Worlds.promotion(try await Worlds.ledger(qualities)) {
        $0.phase.isTerminal
      }
      let status = status(promotion, now, sight: .none)
      #expect(status.isOver && status.next == nil && status.severity == severity)
      #expect((status.why == nil) == (severity == .good))
    }
  }

  @Test("a host's own word is taken before the ledger's, and a silent host is told as silent")
  func answers() async throws {
    let (promotion, now) = try await Worlds.ramping()
    let host = ExampleFleet.stables[0]
    let probe = try #require(promotion.hosts.values.compactMap(\.lastSwing?.probe).first)
    let answers = FleetAnswers(hosts: [
      ExampleFleet.canary: .success(probe),
      host: .failure(PortError(.unreachable, "nobody is there", remedy: "Wake it.")),
    ])
    #expect(!answers.isWell)
    let status = status(promotion, now, answers: answers)
    guard case .says(let word) = status.hosts[0].sight else {
      Issue.record("\(status.hosts[0].sight)")
      return
    }
    #expect(word.release == "1.4.2" && status.hosts[0].severity == .good)
    #expect(status.hosts[1].sight == .silent("nobody is there"))
    #expect(status.hosts[1].severity == .bad)
    #expect(status.hosts[1].remarks.map(\.text) == ["Wake it."])
    #expect(status.records[host]?.status == promotion.watch?.hosts[host]?.status)
  }

  @Test("a canary that the balancer took out is remarked, by the balancer's own word")
  func takenOut() async throws {
    let (promotion, now) = try await Worlds.ramping()
    func state(isOut: Bool) -> BalancerState {
      BalancerState(
        weights: promotion.weights,
        servers: [
          .init(
            host: ExampleFleet.canary, arm: .canary, isUp: true, isTakenOut: isOut, openSessions: 0)
        ], processID: 1, upSeconds: 1)
    }
    func remarks(_ balancer: BalancerState) -> [String] {
      status(promotion, now, answers: FleetAnswers(hosts: [:], balancer: .success(balancer)))
        .hosts[0].remarks.map(\.text)
    }
    #expect(remarks(state(isOut: true)) == ["taken out of the balancer"])
    #expect(remarks(state(isOut: false)) == [])
  }
}
