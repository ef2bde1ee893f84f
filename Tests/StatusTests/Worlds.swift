import SluiceCore
import SluiceEngine
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator
import SluiceStatus

/// Ledgers of promotions on a simulated fleet, and what stands in them.
enum Worlds {
  static let id = PromotionID(rawValue: "p1")
  static let atWork = ControllerSight.atWork("sluice controller, process 4711 on mac-w")

  /// A release that answers half a second too late, and so is found bad.
  static let bad = ["1.4.2": Quality(errorPermille: 200, latencyMilliseconds: 90)]

  static func ledger(_ qualities: [String: Quality] = [:]) async throws -> [LedgerEntry] {
    let world = ExampleFleet.world(qualities: qualities)
    try await promote(world, id)
    return await world.ledger.entries
  }

  static func promote(_ world: SimulatedFleet, _ id: PromotionID) async throws {
    let plan = try await ExampleFleet.plan(world, to: "1.4.2")
    _ = try await ExampleFleet.engine(world) { LimitJudge() }.start(
      id, plan: plan, actor: "ana", ticket: "OPS-311")
  }

  /// The promotion as it was when it first came to something, and the moment of that.
  static func promotion(
    _ entries: [LedgerEntry], until reached: (Promotion) -> Bool
  ) throws -> (promotion: Promotion, now: Moment) {
    var replay = Replay()
    for entry in entries {
      try replay.take(entry)
      if let promotion = replay.promotion, let now = entry.moment, reached(promotion) {
        return (promotion, now)
      }
    }
    throw PortError(.failed, "the promotion never came to it")
  }

  /// In the second step of a good release, after the first assessment.
  static func ramping() async throws -> (promotion: Promotion, now: Moment) {
    try promotion(try await ledger()) { $0.phase == .ramping(1) && $0.watch != nil }
  }

  static func asked(
    _ action: Request.Action, _ promotion: Promotion, at now: Moment
  ) -> Promotion {
    var promotion = promotion
    _ = promotion.handle(.asked(Request(action: action, actor: "bo", reason: "late")), at: now)
    return promotion
  }
}

/// A ledger that stands still.
struct FixedLedger: LedgerReader {
  let entries: [LedgerEntry]
  var writer: String?
  var place: String { "promotions.jsonl" }

  func size() async throws(PortError) -> Int64 { Int64(entries.count) }

  func lines(after position: LedgerPosition) async throws(PortError) -> (
    entries: [LedgerEntry], position: LedgerPosition
  ) { (entries, LedgerPosition()) }

  func proven() async throws(PortError) -> [LedgerEntry]? { nil }
  func holder() async -> String? { writer }
}
