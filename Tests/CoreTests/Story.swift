import SluiceCore
import SluiceJudge
import SluiceLedger
import SluicePorts
import SluiceSimulator

/// A promotion as it is told in a transcript: one line says what happens, and what the promotion makes
/// of that is written below it.
struct Story {
  private(set) var world = ExampleFleet.world()
  private var promotion: Promotion?
  private var lines: [Replay.Record] = []
  private var milliseconds: Int64 = 0
  private(set) var verdict = Story.assessment("pass", sessions: 40, of: 0)

  struct Fault: Error, CustomStringConvertible {
    var description: String
  }

  private var moment: Moment {
    Moment(wallMilliseconds: milliseconds, monotonicMilliseconds: milliseconds, boot: "boot-1")
  }

  /// The outcome of one line.
  mutating func tell(_ line: String) async throws -> [String] {
    let words = line.split(separator: " ").map(String.init)
    switch words.first {
    case "begin": return try await begin(Array(words.dropFirst()))
    case "approve":
      return try handle(.approved(try ExampleFleet.approval(of: try current().plan)))
    case "do": return try await perform(words.dropFirst().first)
    case "fail": return try fail(words[1], unknown: words.last == "unknown")
    case "unproven": return try await unproven(words[1])
    case "judge":
      verdict = Self.assessment(words[1], sessions: Int(words[2]) ?? 0, of: 0)
      return try await performAssessment()
    case "wait":
      milliseconds += (Int64(words[1].dropLast()) ?? 0) * 1_000
      return []
    case "away", "returns":
      await world.hosts[HostName(words[1])]?.setReachable(words[0] == "returns")
      return []
    case "ask": return try ask(words[1], reason: words.dropFirst(2).joined(separator: " "))
    case "successor": return try succeed()
    default: throw Fault(description: "no line of a transcript begins with \(words.first ?? "")")
    }
  }

  func current() throws -> Promotion {
    guard let promotion else { throw Fault(description: "nothing has begun") }
    return promotion
  }

  // MARK: Events

  private mutating func begin(_ words: [String]) async throws -> [String] {
    let newer = words.contains("build") ? ExampleFleet.newerBuild : ExampleFleet.build
    var plan = try await ExampleFleet.plan(world, to: "1.4.2", openclaw: newer)
    if words.contains("dead-man") { plan.fleet.swing.deadManMilliseconds = 900_000 }
    if words.contains("floor") { plan.fleet.capacityFloor = plan.stables.count }
    if words.contains("tenant") { plan.fleet.ramp.steps[1].tenants = [ExampleFleet.tenant] }
    let missing = words.filter { $0.hasPrefix("without:") }.map { String($0.dropFirst(8)) }
    let lacking = Set(missing.compactMap(BalancerCapability.init(rawValue:)))
    guard lacking.count == missing.count else {
      throw Fault(description: "no balancer can do \(missing)")
    }
    plan.capabilities = BalancerCapabilities.all(but: lacking).inPlan
    if let purpose = words.compactMap(Plan.Purpose.init(rawValue:)).first { plan.purpose = purpose }
    if words.contains("back") {
      for host in world.hosts.values {
        try await host.run(plan.to, since: OperationID(rawValue: "p0/1"))
      }
      plan = plan.reverting(
        fleet: plan.fleet, capabilities: plan.can, now: words.contains("at-once"), copies: [:],
        weights: await world.balancer.state.weights, at: 0)
    }
    let begun = Promotion.begin(PromotionID(rawValue: "p1"), plan: plan, at: moment)
    promotion = begun.promotion
    record(.started(FrozenPlan(plan)))
    return said(begun.orders, before: nil) + (try handle(.leased(Epoch(1))))
  }

  /// The simulated fleet does what was ordered; all of it without a name.
  private mutating func perform(_ name: String?) async throws -> [String] {
    let open = try current().outstanding.filter { name == nil || "\($0.id)" == name }
    guard !open.isEmpty else { throw Fault(description: "nothing is ordered") }
    var said: [String] = []
    for order in open { said += try await finish(order, outcome(of: order)) }
    return said
  }

  private mutating func fail(_ name: String, unknown: Bool) throws -> [String] {
    guard let order = try current().outstanding.first(where: { "\($0.id)" == name }) else {
      throw Fault(description: "\(name) is not ordered")
    }
    return try finish(
      order,
      .failed(CommandFailure(message: "it does not answer", remedy: nil, isUnknown: unknown)))
  }

  /// A swing that "worked", and whose gateway does not run the release afterwards.
  private mutating func unproven(_ name: String) async throws -> [String] {
    guard let order = try current().outstanding.first(where: { "\($0.id)" == name }) else {
      throw Fault(description: "\(name) is not ordered")
    }
    guard case .swung(var report) = try await outcome(of: order) else {
      throw Fault(description: "\(name) is no swing")
    }
    report.after.marker = report.before?.marker
    return try finish(order, .swung(report))
  }

  private mutating func performAssessment() async throws -> [String] {
    let order = try current().outstanding.first {
      if case .assess = $0.command { true } else { false }
    }
    guard let order else { throw Fault(description: "nothing is to be judged") }
    return try await finish(order, outcome(of: order))
  }

  private mutating func ask(_ word: String, reason: String) throws -> [String] {
    guard let action = Request.Action(rawValue: word) else {
      throw Fault(description: "nobody can ask for \(word)")
    }
    return try handle(.asked(Request(action: action, actor: "bo", reason: reason)))
  }

  /// A controller that knows nothing but the ledger.
  private mutating func succeed() throws -> [String] {
    var replay = Replay()
    for line in lines { try replay.take(line) }
    guard replay.promotion == promotion else {
      throw Fault(description: "the ledger replays to something else")
    }
    promotion = replay.promotion
    let before = promotion
    let open = try current().outstanding
    let again = try handle(.leased(replay.epoch.next))
    let kept = try current().outstanding.filter(open.contains)
    let list = kept.map { "\($0.id)" }.joined(separator: ", ")
    return ["epoch \(replay.epoch.next)" + (list.isEmpty ? "" : ", does again: \(list)")]
      + (before == promotion ? [] : again)
  }

  // MARK: Telling the promotion

  private mutating func finish(_ order: Order, _ outcome: Outcome) throws -> [String] {
    // An effect that an earlier answer made needless is not carried out any more.
    guard try current().outstanding.contains(order) else { return [] }
    if order.command.moves { record(.intended(order)) }
    if case .assess(_, let after) = order.command { milliseconds += after }
    if case .wait(let pause) = order.command { milliseconds += pause }
    milliseconds += 1_000
    return try handle(.finished(order.id, outcome))
  }

  private mutating func record(_ event: PromotionEvent) {
    guard let id = promotion?.id else { return }
    lines.append(
      Replay.Record(
        line: lines.count + 1, promotion: id, actor: "ana", ticket: "OPS-1",
        epoch: max(Epoch(1), promotion?.epoch ?? Epoch(1)), moment: moment, event: event
      ))
    let moment = moment
    if case .intended = event { _ = promotion?.handle(event, at: moment) }
  }

  private mutating func handle(_ event: PromotionEvent) throws -> [String] {
    let before = try current()
    record(event)
    let moment = moment
    let orders = promotion?.handle(event, at: moment) ?? []
    return said(orders, before: before)
  }

  // MARK: Words

  private func said(_ orders: [Order], before: Promotion?) -> [String] {
    guard let promotion else { return [] }
    var said: [String] = []
    if promotion.phase != before?.phase { said.append("phase: \(Self.title(promotion.phase))") }
    if promotion.isPaused != before?.isPaused ?? false {
      said.append(promotion.isPaused ? "paused" : "not paused")
    }
    if let reason = promotion.rollbackCause?.sentence, reason != before?.rollbackCause?.sentence {
      said.append("why: \(reason)")
    }
    if case .ramping = promotion.phase, let watch = promotion.watch, watch != before?.watch {
      said += promotion.stepGates(at: moment).filter { !$0.isOpen }.map {
        "closed: \($0.gate.rawValue) (\($0.cell))"
      }
    }
    for (host, state) in promotion.hosts.sorted(by: { $0.key < $1.key })
    where state.fault != before?.hosts[host]?.fault {
      said.append(state.fault.map { "\(host): \($0)" } ?? "\(host): no fault")
    }
    return said + orders.map { "→ \($0.id) \(Self.words($0.command))" }
  }

  private static func title(_ phase: Phase) -> String {
    switch phase {
    case .concluded(.refused(let reasons)): "refused: \(reasons.joined(separator: " "))"
    case .rollingBack(let part): "rolling back, \(part.rawValue)"
    default: phase.title
    }
  }

  private static func words(_ command: Command) -> String {
    switch command {
    case .prepare(let host), .place(let host): "\(command.kind.rawValue) \(host)"
    case .swing(let order):
      "swing \(order.host) to \(order.release.tag)"
        + (order.state.map { ", \(state($0))" } ?? "")
    case .apply(let weights):
      "apply \(weights.words), pins \(weights.pinEpoch), generation \(weights.generation)"
    case .disarm(let host): "disarm \(host)"
    case .evict(let host, let after): "evict \(host) after \(after / 1_000) s"
    case .assess(let generation, let after): "assess generation \(generation) in \(after / 1_000) s"
    case .wait(let pause): "wait \(pause / 1_000) s"
    case .conclude(.drilled(let recovery)):
      "conclude drilled, recovery \(recovery.map { "\($0 / 1_000) s" } ?? "not measured")"
    case .conclude(let conclusion): "conclude \(Phase.concluded(conclusion).title)"
    case .preflight, .verify, .archive: command.kind.rawValue
    }
  }

  private static func state(_ move: StateMove) -> String {
    switch move {
    case .copy: "copying its state first"
    case .copyConfiguration: "copying its configuration first"
    case .putBack(let id): "putting back the state that \(id) copied"
    }
  }
}
