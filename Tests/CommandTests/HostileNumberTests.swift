import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands

/// The writer of a plan's file, a ledger's line or an agent's answer chooses its numbers. They may be
/// refused; no program may end on them. A trap ends the test run: that is how these tests fail.
@Suite("Numbers that somebody else wrote")
struct HostileNumberTests {
  /// The bounds of what JSON holds here, what lies beyond them, and what lies around zero.
  private static let numbers: [String] = [
    "9223372036854775807", "-9223372036854775808", "9007199254740991", "-9007199254740991",
    "9007199254740992", "18446744073709551616", "0", "-1",
  ]

  /// A document with one of its numbers replaced, by a generator that the test seeds.
  private static func altered(
    _ text: String, _ random: inout SplitMix64
  ) -> [UInt8] {
    let bytes = Array(text.utf8)
    var places: [Range<Int>] = []
    var index = 0
    var isText = false
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "\\") {
        index += 2
        continue
      }
      if bytes[index] == UInt8(ascii: "\"") { isText.toggle() }
      if !isText, bytes[index] == UInt8(ascii: "-") || isDigit(bytes[index]) {
        let start = index
        repeat { index += 1 } while index < bytes.count && isDigit(bytes[index])
        places.append(start..<index)
      } else {
        index += 1
      }
    }
    guard let place = places.randomElement(using: &random) else { return bytes }
    let number = numbers.randomElement(using: &random) ?? "0"
    return Array(bytes[..<place.lowerBound]) + Array(number.utf8)
      + Array(bytes[place.upperBound...])
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  static func entries() async throws -> [LedgerEntry] {
    let world = ExampleFleet.world()
    let plan = try await ExampleFleet.plan(
      world, to: "1.4.2", openclaw: ExampleFleet.newerBuild)
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      PromotionID(rawValue: "p1"), plan: plan, actor: "ana", ticket: "OPS-311",
      approval: try ExampleFleet.approval(of: plan))
    return await world.ledger.entries
  }

  /// Everything that is said of a promotion.
  private func show(_ promotion: Promotion, _ now: Moment) {
    let silent = SilentController(
      holder: "sluice controller, process 4711", process: nil, isStopped: false)
    for sight in [ControllerSight.none, .atWork("sluice controller"), .silent(silent)] {
      _ = PromotionView(
        PromotionStatus(promotion, actor: "ana", ticket: "OPS-311", sight: sight, now: now)
      ).lines(style: .plain)
      let explanation = Explanation(promotion, sight: sight, now: now)
      _ = ExplanationView(explanation).lines(style: .plain)
      _ = explanation.evidence?.json
    }
    _ = promotion.stepGates(at: now)
    var promotion = promotion
    for request in [Request.Action.pause, .resume, .rollBack, .verify] {
      _ = promotion.handle(
        .asked(Request(action: request, actor: "ana", reason: "")), at: now)
    }
    _ = promotion.handle(.leased(promotion.epoch), at: now)
  }

  @Test("a ledger's line with any number in it is read or refused, and what comes of it is shown")
  func ledger() async throws {
    let entries = try await Self.entries()
    var random = SplitMix64(seed: 11)
    var replays: [Replay] = [Replay()]
    for entry in entries {
      var next = replays[replays.count - 1]
      try next.take(entry)
      replays.append(next)
    }
    var accepted = 0
    for number in 0..<3_000 {
      let index = number % entries.count
      let text = String(decoding: try CanonicalJSON.bytes(entries[index]), as: UTF8.self)
      let bytes = Self.altered(text, &random)
      // The digest of a line is for its reader's sake and not asked here: a hostile line has a right one.
      guard let entry = LedgerLine.claim(in: bytes) else { continue }
      var replay = replays[index]
      var narrator = LedgerNarrator(PromotionID(rawValue: "p1"))
      for told in (try? narrator.take(entry)) ?? [] { _ = StoryView(told).lines() }
      guard (try? replay.take(entry)) != nil else { continue }
      accepted += 1
      for later in entries[index...].dropFirst().prefix(3) {
        guard (try? replay.take(later)) != nil else { break }
      }
      if let promotion = replay.promotion {
        show(promotion, entries[index].moment ?? promotion.since)
        show(promotion, Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "other"))
      }
      _ = replay.epoch.next
    }
    #expect(accepted > 500, "most altered lines are of the right form: \(accepted)")
  }

  @Test("a plan's file with any number in it is read or refused, and what is read is shown")
  func plan() async throws {
    let entries = try await Self.entries()
    let started = try #require(entries.first)
    guard case .started(let frozen)? = try Recording.event(of: started) else {
      Issue.record("the first line starts nothing")
      return
    }
    let document = PlanDocument(
      plan: frozen.plan, digest: try frozen.plan.digest(), ticket: "OPS-311", blockers: [],
      warnings: [], filesChanged: 4, balancer: nil)
    let text = String(decoding: try CanonicalJSON.bytes(document), as: UTF8.self)
    var random = SplitMix64(seed: 12)
    var read = 0
    for _ in 0..<1_500 {
      let bytes = Self.altered(text, &random)
      guard let document = try? CanonicalJSON.decode(PlanDocument.self, from: bytes) else {
        continue
      }
      read += 1
      let plan = document.plan
      let reading = PlanReading(
        from: plan.from, to: plan.to, surveys: [:], silent: [:], balancer: nil,
        document: document, blockers: [], warnings: [])
      let figures = PlanFigures(reading, fleet: plan.fleet, ticket: "OPS-311")
      _ = PlanView(figures).lines(style: .plain)
      _ = try? figures.json()
      let moment = Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b")
      _ = Promotion.begin(PromotionID(rawValue: "p1"), plan: plan, at: moment)
      _ = PlanCheck.blockers(
        of: plan, surveys: [:], silent: [:], balancer: nil, balancerFault: "silent")
    }
    #expect(read > 500, "most altered plans are of the right form: \(read)")
  }

  @Test("an agent's probe with any number in it is read or refused, and what is read is shown")
  func probe() async throws {
    let entries = try await Self.entries()
    let probes = try entries.compactMap { entry -> MergedProbe? in
      guard case .finished(_, .swung(let report))? = try Recording.event(of: entry) else {
        return nil
      }
      return report.probe
    }
    let text = String(
      decoding: try CanonicalJSON.bytes(try #require(probes.first)), as: UTF8.self)
    let policy = ProbePolicy(
      intervalMilliseconds: 1_000, doctorMilliseconds: 1_000, maximumAgeMilliseconds: 5_000,
      queueLimit: 8)
    var random = SplitMix64(seed: 13)
    var read = 0
    for _ in 0..<500 {
      let bytes = Self.altered(text, &random)
      guard let probe = try? CanonicalJSON.decode(MergedProbe.self, from: bytes) else { continue }
      read += 1
      let aged = probe.aged(.max, policy: policy)
      for probe in [probe, aged, probe.aged(.min, policy: policy)] {
        _ = HostView(HostStatus(HostName("mac-a"), arm: .canary, answer: .success(probe))).tree
          .lines(style: .plain)
      }
    }
    #expect(read > 100, "most altered probes are of the right form: \(read)")
  }

  @Test(
    "what is counted elsewhere is brought within what JSON holds, and sums stop at their bounds")
  func clamping() {
    #expect(Int64.max.addingClamped(1) == .max)
    #expect(Int64.min.addingClamped(-1) == .min)
    #expect(Int64.min.subtractingClamped(1) == .min)
    #expect(Int64(0).subtractingClamped(.min) == .max)
    #expect(Int64.max.multipliedClamped(by: -2) == .min)
    #expect(Int64.min.multipliedClamped(by: -1) == .max)
    #expect([Int64.max, .max, -1].clampedSum() == .max - 1)
    #expect(Int.max.clampedToJSON == 9_007_199_254_740_991)
    #expect(Int.min.clampedToJSON == -9_007_199_254_740_991)
    #expect(UInt8(200).clampedToJSON == 200)
    for number in [0, -1, 1_000_000] { #expect(number.clampedToJSON == number) }
  }
}
