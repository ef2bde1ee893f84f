import SluiceCore
import SluiceLedger

/// A broken invariant: its number and name, and what shows it.
public struct Violation: Sendable, Hashable, CustomStringConvertible {
  public var number: Int
  public var name: String
  public var what: String

  public init(number: Int, name: String, what: String) {
    self.number = number
    self.name = name
    self.what = what
  }

  public var description: String { "\(number) \(name): \(what)" }
}

/// One promotion, as its ledger and the world outside tell it, held against the invariants that one
/// promotion can hold by itself. The numbers are those of the project's list of 25.
///
/// Not checked here, and why: 9 approvals and 18 followers belong to preflight, and the example
/// fleet has neither; 15 is the engine's refusal to start, which its own test shows; 21 needs the
/// runner, which counts appends after all faults have stopped; 24 needs secrets and real output;
/// signed checkpoints (of 1) and approvals' expiry (of 22) belong to the ledger's file.
public struct Invariants {
  typealias Line = History.Line

  let plan: Plan
  let effects: [Effect]
  let history: History
  var lines: [Line] { history.lines }
  /// Where the intent of an order became durable.
  let intents: [OperationID: Line]
  private(set) var violations: [Violation] = []

  /// A ledger as it was written. 1, 14, 19, 20: its chain holds, epochs never fall, weights add up
  /// (a line that says otherwise cannot be read), and a replay accepts every line.
  public static func check(plan: Plan, ledger: [LedgerLine], effects: [Effect]) -> [Violation] {
    do throws(LedgerFault) {
      return check(plan: plan, history: try History(ledger), effects: effects)
    } catch {
      return [Violation(number: 1, name: "prefix", what: "\(error)")]
    }
  }

  /// - Parameter canarySessions: how many there were of each generation; nil: not counted.
  static func check(
    plan: Plan, history: History, effects: [Effect], canarySessions: [Int64: Int]? = nil
  ) -> [Violation] {
    var invariants = Invariants(plan: plan, effects: effects, history: history)
    invariants.checkEffects()
    invariants.checkIntents()
    invariants.checkDeeds()
    if let canarySessions { invariants.checkEvidence(canarySessions: canarySessions) }
    invariants.checkOutcomes()
    invariants.checkSteps()
    invariants.checkEnd()
    return invariants.violations
  }

  private init(plan: Plan, effects: [Effect], history: History) {
    self.plan = plan
    self.effects = effects
    self.history = history
    var intents: [OperationID: Line] = [:]
    for line in history.lines {
      if case .intended(let order) = line.observation { intents[order.id] = line }
    }
    self.intents = intents
  }

  mutating func expect(
    _ isTrue: Bool, _ number: Int, _ name: String, _ what: @autoclosure () -> String
  ) {
    if !isTrue { violations.append(Violation(number: number, name: name, what: what())) }
  }

  // MARK: What became visible

  private mutating func checkEffects() {
    var highest = Epoch(0)
    var seen: [Effect.Kind: Int] = [:]
    for effect in effects {
      checkTraffic(effect)
      if case .fault = effect.kind { continue }
      expect(
        effect.epoch >= highest || isAwaited(effect), 14, "one writer",
        "\(effect.kind) of epoch \(effect.epoch) after one of \(highest)")
      highest = max(highest, effect.epoch)
      seen[effect.kind, default: 0] += 1
      checkIntent(of: effect)
      checkMotion(effect)
    }
    for (kind, count) in seen where count > 1 {
      switch kind {
      case .placed, .linked, .restarted, .swung, .stateCopied, .statePutBack:
        expect(false, 16, "idempotence", "\(kind) happened \(count) times")
      default: break
      }
    }
  }

  /// What a host had begun for a predecessor, its successor waits for.
  private func isAwaited(_ effect: Effect) -> Bool {
    guard let id = effect.kind.operation, lines.indices.contains(effect.lines - 1) else {
      return false
    }
    return lines[effect.lines - 1].after.outstanding.contains { $0.id == id }
  }

  /// 2 and 25: nothing moves, and no weights appear, that the ledger did not say before.
  private mutating func checkIntent(of effect: Effect) {
    let intended = intents.values.filter { $0.index < effect.lines }.compactMap {
      if case .intended(let order) = $0.observation { order } else { nil }
    }
    let isIntended =
      switch effect.kind {
      case .weights(let weights): intended.contains { $0.command == .apply(weights) }
      case .placed(_, let id), .linked(_, let id, _), .restarted(_, let id), .swung(_, let id, _),
        .stateCopied(_, let id), .statePutBack(_, let id):
        intended.contains { $0.id == id }
      case .takenOut(let host), .givenBack(let host):
        intended.contains {
          if case .swing(let swing) = $0.command { swing.host == host } else { false }
        }
      case .evicted(let host): intended.contains { $0.command == .evict(host) }
      case .fault: true
      }
    expect(isIntended, 2, "intent before effect", "\(effect.kind) was not in the ledger")
  }

  /// 3: the canary has a share in the ramp only while its process runs the new release.
  private mutating func checkTraffic(_ effect: Effect) {
    guard let state = effect.balancer, state.weights.share > .zero, effect.lines > 0,
      let phase = lines.indices.contains(effect.lines - 1)
        ? lines[effect.lines - 1].after.phase : nil
    else { return }
    switch phase {
    case .ramping, .mirroring: break
    default: return
    }
    for canary in plan.canaries where effect.isInService(canary) {
      expect(
        effect.hosts[canary]?.version == plan.to.lock.skills.version, 3, "slice match",
        "\(canary) has \(state.weights.share) and runs \(effect.hosts[canary]?.version ?? "-")")
    }
  }

  private mutating func checkMotion(_ effect: Effect) {
    switch effect.kind {
    case .linked(let host, _, _), .swung(let host, _, _), .restarted(let host, _),
      .stateCopied(let host, _), .statePutBack(let host, _):
      checkState(host, effect)
      let server = effect.balancer?.servers.first { $0.host == host }
      expect(
        server?.isTakenOut == true, 4, "no slice change under traffic",
        "\(host) was swung while the balancer gave it traffic")
    case .givenBack(let host):
      let facts = effect.hosts[host]
      expect(
        facts?.serves == true && facts?.isWarm == true && facts?.version == facts?.links.current, 5,
        "never raise on unverified", "\(host) was given back as \(facts.map { "\($0)" } ?? "-")")
    case .weights(let weights): checkRestore(weights, effect)
    case .takenOut(let host): checkFloor(host, effect)
    case .placed, .evicted, .fault: break
    }
  }

  /// 26: a newer build starts on the state only when a copy of it stands, and none but the copy of its
  /// own time is ever under the older one.
  private func stateFault(_ host: HostName, _ effect: Effect) -> String? {
    guard let change = plan.build, change.copiesState, let facts = effect.hosts[host] else {
      return nil
    }
    switch effect.kind {
    case .swung(_, let id, _) where facts.build == change.to.version:
      return effects.contains { $0.kind == .stateCopied(host, id) }
        ? nil : "\(host) started \(facts.build) on a state of which \(id) made no copy"
    case .stateCopied(_, let id):
      return facts.schemas == change.from.schemas
        ? nil : "\(id) copied a state of \(facts.schemas) on \(host)"
    case .statePutBack(_, let id):
      return facts.schemas == change.from.schemas
        ? nil : "\(id) put a state of \(facts.schemas) in place on \(host)"
    default: return nil
    }
  }

  private mutating func checkState(_ host: HostName, _ effect: Effect) {
    let fault = stateFault(host, effect)
    expect(fault == nil, 26, "no state without its copy", fault ?? "")
  }

  /// 12: the archived share is restored only where the archived release runs.
  private mutating func checkRestore(_ weights: Weights, _ effect: Effect) {
    guard weights.share > .zero, lines[effect.lines - 1].after.phase.isRetreat else { return }
    for host in plan.fleet.gateways.map(\.name) {
      expect(
        effect.hosts[host]?.version == plan.snapshot.release.lock.skills.version, 12,
        "rollback order", "\(weights.share) was restored while \(host) ran the new release")
    }
  }

  /// 19: the way up takes a stable gateway out only while the floor stands on others; on the way
  /// back this is so as long as nothing else failed.
  private mutating func checkFloor(_ host: HostName, _ effect: Effect) {
    guard plan.stables.contains(host), plan.purpose != .revertNow else { return }
    let serving = plan.stables.filter { $0 != host && effect.isInService($0) }.count
    let isDisturbed = effects.contains { if case .fault = $0.kind { true } else { false } }
    guard serving < plan.fleet.capacityFloor, !isDisturbed else { return }
    expect(false, 19, "conservation", "\(host) was taken out with \(serving) others in service")
  }

  // MARK: What was said to have happened

  /// 8, 13 and 17.
  private mutating func checkOutcomes() {
    var ends = 0
    for line in lines {
      expect(line.after.plan == plan, 8, "frozen plan", "line \(line.index + 1) has another")
      guard case .finished(let id, let outcome) = line.observation else { continue }
      switch outcome {
      case .swung:
        let isDone = effects.contains { effect in
          if case .swung(_, id, _) = effect.kind { effect.lines <= line.index } else { false }
        }
        expect(isDone, 17, "unknown is not success", "\(id) is said to be swung")
      case .placed:
        let isDone = effects.contains { effect in
          if case .placed(_, id) = effect.kind { effect.lines <= line.index } else { false }
        }
        expect(isDone, 17, "unknown is not success", "\(id) is said to be placed")
      case .concluded: ends += 1
      default: break
      }
    }
    let isOver = lines.last?.after.phase.isTerminal == true
    expect(ends == (isOver ? 1 : 0), 13, "one terminal", "\(ends) ends")
  }

  // MARK: The end

  /// 10: "rolled back" is true of both levers on every host. And so is "completed".
  private mutating func checkEnd() {
    guard let last = lines.last, case .concluded(let conclusion) = last.after.phase else { return }
    switch conclusion {
    case .rolledBack:
      checkFleet(at: last, 10, "rollback is total") { [plan] facts, host in
        guard let archived = plan.snapshot.hosts[host] else { return false }
        return facts.version == archived.marker.version && facts.links == archived.links
          && facts.fingerprint == archived.fingerprint && facts.build == archived.openclaw
          && (plan.build?.from.schemas).map { $0 == facts.schemas } ?? true
      }
    case .completed:
      let version = plan.to.lock.skills.version
      let build = plan.to.lock.openclaw.version
      checkFleet(at: last, 17, "unknown is not success") { facts, _ in
        facts.version == version && facts.links.current == version
          && facts.build == build
      }
    case .refused, .aborted:
      expect(
        intents.isEmpty, 10, "rollback is total", "it was given up after something had moved")
    }
  }

  /// What happened to the world after Sluice's last motion may have come after the last look.
  private mutating func checkFleet(
    at line: Line, _ number: Int, _ name: String, _ isSo: (HostFacts, HostName) -> Bool
  ) {
    let past = effects.filter { $0.lines <= line.index }
    let own = past.last { if case .fault = $0.kind { false } else { true } }
    let isWhole = [past.last, own].compactMap(\.self).contains { effect in
      effect.balancer?.weights.share == plan.snapshot.weights.share
        && plan.fleet.gateways.allSatisfy { host in
          effect.isInService(host.name)
            && effect.hosts[host.name].map { isSo($0, host.name) } == true
        }
    }
    expect(
      isWhole || past.isEmpty, number, name,
      "\(line.after.phase.title), but \(past.last.map { "\($0.hosts) \($0.balancer as Any)" } ?? "-")"
    )
  }
}
