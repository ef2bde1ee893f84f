import SluiceArguments
import SluiceCore
import SluiceController
import SluiceEngine
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceStatus
import Testing

@testable import SluiceCommands

/// The reasons why a promotion does not move, as an operator reads them.
@Suite("What an operator reads of trouble")
struct TroubleViewTests {
  private static let atWork = ControllerSight.atWork("sluice controller, process 4711 on mac-w")
  private static let canary = ExampleFleet.canary

  /// A promotion in the ramp, told further things.
  private func ramping(
    _ tell: (inout Promotion, Moment) -> Void
  ) async throws -> (Promotion, Moment) {
    let world = ExampleFleet.world()
    let plan = try await ExampleFleet.plan(world, to: "1.4.2")
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311")
    var replay = Replay()
    for entry in await world.ledger.entries {
      try replay.take(entry)
      guard var promotion = replay.promotion, let moment = entry.moment,
        promotion.phase == .ramping(0), promotion.watch != nil
      else { continue }
      tell(&promotion, moment)
      return (promotion, moment)
    }
    throw PortError(.failed, "the promotion never came to it")
  }

  private func later(_ moment: Moment, _ milliseconds: Int64) -> Moment {
    Moment(
      wallMilliseconds: moment.wallMilliseconds + milliseconds,
      monotonicMilliseconds: moment.monotonicMilliseconds + milliseconds, boot: moment.boot)
  }

  private func status(
    _ promotion: Promotion, _ now: Moment, sight: ControllerSight = atWork,
    balancer: Result<BalancerState, PortError>? = nil
  ) -> String {
    PromotionView(
      PromotionStatus(
        promotion, answers: balancer.map { FleetAnswers(hosts: [:], balancer: $0) },
        actor: "ana", ticket: "OPS-311", sight: sight, now: now)
    ).lines(style: .plain).joined(separator: "\n")
  }

  private func explain(_ promotion: Promotion, _ now: Moment, sight: ControllerSight = atWork)
    -> String
  {
    ExplanationView(Explanation(promotion, sight: sight, now: now)).lines(style: .plain)
      .joined(separator: "\n").split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private func assess(_ promotion: inout Promotion, _ moment: Moment, silent: [HostName]) {
    guard var watch = promotion.watch,
      let order = promotion.outstanding.first(where: {
        if case .assess = $0.command { true } else { false }
      })
    else { return }
    for host in watch.hosts.keys where !silent.contains(host) { watch.hosts[host]?.status = .ok }
    for host in silent {
      watch.hosts[host] = Watch.HostWatch(
        status: nil, reason: "the agent is not there", runs: nil, probeDigest: nil,
        fingerprint: nil)
    }
    _ = promotion.handle(.finished(order.id, .assessed(watch)), at: moment)
  }

  @Test("explain names a host that does not answer, since when, and until when it is waited for")
  func silentHost() async throws {
    let host = ExampleFleet.stables[0]
    var first: Moment?
    let (promotion, moment) = try await ramping { promotion, moment in
      assess(&promotion, later(moment, 1_000), silent: [host])
      first = promotion.silentSince[host]
      assess(&promotion, later(moment, 6_000), silent: [host])
    }
    #expect(first == later(moment, 1_000))
    #expect(promotion.silentSince == [host: later(moment, 1_000)])
    let text = explain(promotion, later(moment, 7_000))
    let since = Timestamp.clockText(moment.wallMilliseconds + 1_000)
    #expect(text.contains("\(host) does not answer since \(since) UTC (the agent is not there)"))
    #expect(text.contains("rolls back at "))
    #expect(!text.contains("nothing is wrong; the promotion"))
    let (back, now) = try await ramping { promotion, moment in
      assess(&promotion, later(moment, 1_000), silent: [host])
      assess(&promotion, later(moment, 2_000), silent: [])
    }
    #expect(back.silentSince.isEmpty)
    #expect(!explain(back, now).contains("does not answer"))
  }

  @Test("a rollback that cannot set the share says since when, why, and what the share still is")
  func stuck() async throws {
    let weights = Weights(share: Share(basisPoints: 1_000) ?? .zero, pinEpoch: 2, generation: 3)
    let failure = CommandFailure(
      message: "the balancer refuses it", remedy: "End the second HAProxy.", isUnknown: false,
      weights: weights)
    var waits: [Int64] = []
    let (promotion, moment) = try await ramping { promotion, moment in
      var orders = promotion.handle(
        .asked(Request(action: .rollBack, actor: "bo", reason: "")), at: moment)
      for round in 0..<6 {
        let now = later(moment, Int64(round) * 1_000)
        for order in orders {
          if case .apply = order.command {
            orders = promotion.handle(.finished(order.id, .failed(failure)), at: now)
          }
        }
        for order in orders {
          guard case .wait(let milliseconds) = order.command else { continue }
          waits.append(milliseconds)
          orders = promotion.handle(.finished(order.id, .waited), at: now)
        }
      }
    }
    #expect(waits == [1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
    #expect(promotion.stuck?.since == moment)
    let since = Timestamp.clockText(moment.wallMilliseconds)
    for text in [status(promotion, moment), explain(promotion, moment)] {
      let words = text.split(whereSeparator: \.isWhitespace).filter { $0 != "│" }
      let said = words.joined(separator: " ")
      #expect(
        said.contains("the share cannot be set since \(since) UTC: the balancer refuses it"),
        "\(said)")
      #expect(said.contains("still had 10 %"), "\(said)")
    }
    #expect(explain(promotion, moment).contains("End the second HAProxy."))
  }

  @Test("what was taken out of the balancer is told by the balancer now, not by what was")
  func takenOut() async throws {
    let out = { (isOut: Bool) in
      BalancerState(
        weights: Weights(share: .zero, pinEpoch: 1, generation: 9),
        servers: [
          BalancerState.Server(
            host: Self.canary, arm: .canary, isUp: true, isTakenOut: isOut, openSessions: 0)
        ], processID: 1, upSeconds: 1)
    }
    let (promotion, moment) = try await ramping { promotion, moment in
      guard var watch = promotion.watch, let order = promotion.outstanding.first else { return }
      watch.balancer = out(true)
      _ = promotion.handle(.finished(order.id, .assessed(watch)), at: moment)
    }
    #expect(status(promotion, moment).contains("was taken out of the balancer when that was last"))
    #expect(!status(promotion, moment, balancer: .success(out(false))).contains("taken out"))
    #expect(status(promotion, moment, balancer: .success(out(true))).contains("taken out of the"))
  }

  @Test("a controller that does not answer is named by status and explain, with both ways out")
  func silentController() async throws {
    let (promotion, moment) = try await ramping { _, _ in }
    let silent = ControllerSight.silent(
      SilentController(
        holder: "sluice controller, process 4711 on mac-w since today", process: nil,
        isStopped: false)
    )
    for text in [
      status(promotion, moment, sight: silent), explain(promotion, moment, sight: silent),
    ] {
      #expect(text.contains("does not answer"))
      #expect(text.contains("process 4711"))
      #expect(text.contains("--take-over"))
    }
  }

  @Test(
    "remarks on the evidence are shown with their time, the last five of them, and the number of the others"
  )
  func notices() async throws {
    let (promotion, moment) = try await ramping { promotion, moment in
      for number in 1...7 {
        guard var watch = promotion.watch, let order = promotion.outstanding.first else { return }
        watch.notices = [
          Notice(atMilliseconds: moment.wallMilliseconds, text: "\(number) lines are missing")
        ]
        _ = promotion.handle(.finished(order.id, .assessed(watch)), at: moment)
      }
    }
    #expect(promotion.notices.count == 5)
    let time = Timestamp.clockText(moment.wallMilliseconds)
    for text in [status(promotion, moment), explain(promotion, moment)] {
      #expect(text.contains("\(time) UTC") && text.contains("7 lines are missing"))
      #expect(text.contains("the last ones; 2 more in the ledger"), "\(text)")
      #expect(text.contains("3 lines are missing") && !text.contains("2 lines are missing"))
    }
  }

  @Test("what a pause answers is true in every phase")
  func pause() async throws {
    let (promotion, moment) = try await ramping { _, _ in }
    var paused = promotion
    _ = paused.handle(.asked(Request(action: .pause, actor: "bo", reason: "")), at: moment)
    #expect(ControlChannel.Standing(paused).faultOfPause == nil)
    var back = promotion
    _ = back.handle(.asked(Request(action: .rollBack, actor: "bo", reason: "late")), at: moment)
    _ = back.handle(.asked(Request(action: .pause, actor: "bo", reason: "")), at: moment)
    let refusal = ControlChannel.Standing(back).faultOfPause
    #expect(refusal?.contains("a rollback cannot be paused") == true)
    #expect(refusal?.contains("rolling back") == true && refusal?.contains("late") == true)
    #expect(ControlChannel.Standing(promotion).faultOfPause != nil)
  }
}
