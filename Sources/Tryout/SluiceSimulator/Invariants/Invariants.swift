import SluiceCore
import SluiceLedger

/// A broken invariant: its number and name, and the evidence.
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

/// Checks one promotion, by its ledger and by the state of the world, against the invariants of
/// `docs/invariants.md`, which define the numbers. 20, 21 and 23 need the runner of the world, so
/// `WorldReport` checks them.
public struct Invariants {
  typealias Line = History.Line

  let plan: Plan
  let demands: [String]
  let effects: [Effect]
  let history: History
  /// Where the intent of an order became durable first.
  let intents: [OperationID: Line]
  /// Where weights were first intended, and hosts to be swung or evicted.
  let intendedWeights: [Weights: Int]
  let intendedSwings: [HostName: Int]
  let intendedEvictions: [HostName: Int]
  /// Operations of hosts → how many lines were durable when they took effect.
  let done: [OperationID: Int]
  private(set) var violations: [Violation] = []

  var lines: [Line] { history.lines }

  /// A ledger as it was written. 1, 14, 19, 20: its chain holds, epochs never fall, weights add up
  /// (a line that says otherwise cannot be read), and a replay accepts every line.
  public static func check(plan: Plan, ledger: [LedgerLine], effects: [Effect]) -> [Violation] {
    do throws(LedgerFault) {
      return check(plan: plan, history: try History(ledger), effects: effects)
    } catch {
      return [Violation(number: 1, name: "prefix", what: "\(error)")]
    }
  }

  /// - Parameters:
  ///   - canarySessions: how many there were of each generation; nil: not counted.
  ///   - heldVisits: clients of earlier weights on the new release.
  ///   - answers: what new sessions got, by generation; nil: not counted.
  ///   - strays: conversations that nothing explains where they are.
  ///   - cuts: turns that Sluice ended.
  ///   - tamperings: changes of the ledger under a controller.
  ///   - deliveries: requests that reached a controller.
  ///   - admissions: what was wrong with whom the balancer served.
  ///   - acceptances: what a person took as good.
  static func check(
    plan: Plan, history: History, effects: [Effect], canarySessions: [Int64: Int]? = nil,
    heldVisits: [HeldVisit] = [], answers: [StepAnswers]? = nil,
    strays: [ConversationMoves.Stray] = [], cuts: [RunningTurns.Cut] = [],
    tamperings: [World.Tampering] = [], deliveries: [World.Delivery] = [],
    admissions: [AdmissionWatch.Wrong] = [], acceptances: AcceptanceWatch = AcceptanceWatch()
  ) -> [Violation] {
    var invariants = Invariants(plan: plan, effects: effects, history: history)
    invariants.checkEffects()
    invariants.checkLines()
    invariants.checkDeeds()
    invariants.checkDeadMan()
    if let canarySessions { invariants.checkEvidence(canarySessions: canarySessions) }
    invariants.checkHeld(heldVisits)
    if let answers { invariants.checkAnswers(answers) }
    invariants.checkConversations(strays, cuts)
    invariants.checkSteps()
    invariants.checkTamperings(tamperings)
    invariants.checkDeliveries(deliveries)
    invariants.checkAdmissions(admissions)
    invariants.checkAcceptances(acceptances)
    invariants.checkEnd()
    return invariants.violations
  }

  private init(plan: Plan, effects: [Effect], history: History) {
    self.plan = plan
    demands = plan.demands
    self.effects = effects
    self.history = history
    var intents: [OperationID: Line] = [:]
    var (weights, swings, evictions) = ([Weights: Int](), [HostName: Int](), [HostName: Int]())
    for line in history.lines {
      guard case .intended(let order) = line.event else { continue }
      intents[order.id] = intents[order.id] ?? line
      switch order.command {
      case .apply(let wanted): weights[wanted] = weights[wanted] ?? line.index
      case .swing(let swing): swings[swing.host] = swings[swing.host] ?? line.index
      case .evict(let host, _): evictions[host] = evictions[host] ?? line.index
      default: break
      }
    }
    self.intents = intents
    (intendedWeights, intendedSwings, intendedEvictions) = (weights, swings, evictions)
    done = effects.reduce(into: [:]) { done, effect in
      switch effect.kind {
      case .prepared(_, let id), .placed(_, let id), .swung(_, let id, _):
        done[id] = done[id] ?? effect.lines
      default: break
      }
    }
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
    for (index, effect) in effects.enumerated() {
      checkSliceMatch(effect)
      if case .fault = effect.kind { continue }
      // The agent's own motion has the epoch of the word that it goes by: 36 judges it.
      let isOwn = effect.kind.operation?.armedBy != nil
      expect(
        effect.epoch >= highest || isOwn || isAwaited(effect, index), 14, "one writer",
        "\(effect.kind) of epoch \(effect.epoch) after one of \(highest)")
      highest = max(highest, effect.epoch)
      if effect.kind.operation != nil { seen[effect.kind, default: 0] += 1 }
      checkIntent(of: effect)
      checkMotion(effect, index)
    }
    for (kind, count) in seen where count > 1 {
      expect(false, 16, "idempotence", "\(kind) happened \(count) times")
    }
  }

  /// A successor waits for an operation that a host began for its predecessor. An operation without
  /// a known end may continue until the host hears of the successor.
  private func isAwaited(_ effect: Effect, _ index: Int) -> Bool {
    guard let id = effect.kind.operation, let host = host(of: id),
      lines.indices.contains(effect.lines - 1)
    else { return false }
    if lines[effect.lines - 1].after.outstanding.contains(where: { $0.id == id }) { return true }
    let isGivenUp = lines[..<effect.lines].contains { line in
      guard case .finished(id, .failed(let failure)) = line.event else { return false }
      return failure.isUnknown
    }
    return isGivenUp
      && !effects[..<index].contains { earlier in
        earlier.epoch > effect.epoch && earlier.kind.operation.flatMap(host(of:)) == host
      }
  }

  /// The host that an operation was meant for.
  func host(of id: OperationID) -> HostName? {
    guard case .intended(let order)? = intents[id]?.event else { return nil }
    return order.command.host
  }

  /// 2 and 25: nothing moves, and no weights appear, that the ledger did not say before.
  private mutating func checkIntent(of effect: Effect) {
    let index: Int? =
      switch effect.kind {
      case .weights(let weights): intendedWeights[weights]
      case .takenOut(let host), .givenBack(let host): intendedSwings[host]
      case .evicted(let host): intendedEvictions[host]
      default: effect.kind.operation.flatMap { intents[$0.armedBy ?? $0]?.index }
      }
    expect(
      index.map { $0 < effect.lines } ?? false, 2, "intent before effect",
      "\(effect.kind) was not in the ledger")
  }

  private mutating func checkMotion(_ effect: Effect, _ index: Int) {
    switch effect.kind {
    case .linked(let host, _, _), .swung(let host, _, _), .restarted(let host, _),
      .stateCopied(let host, _), .statePutBack(let host, _):
      checkState(host, effect)
      checkNoTraffic(host, effect)
    case .givenBack(let host): checkGivenBack(host, index)
    case .weights(let weights): checkRestore(weights, effect)
    case .takenOut(let host): checkFloor(host, effect)
    case .prepared, .placed, .evicted, .fault: break
    }
  }

  // MARK: What was said

  private mutating func checkLines() {
    var ends = 0
    var look: Line?
    var highest = Epoch(0)
    var known: ObjectIdentifier?
    for line in lines {
      if line.after.planIdentity != known {
        expect(line.after.plan == plan, 8, "frozen plan", "line \(line.index + 1) has another")
        known = line.after.planIdentity
      }
      expect(
        line.epoch >= highest, 14, "one writer",
        "line \(line.index + 1) has epoch \(line.epoch), one before it \(highest)")
      highest = max(highest, line.epoch)
      switch line.event {
      case .intended(let order): checkIntended(order, line, look)
      case .asked(let request): checkObeyed(request, line)
      case .finished(let id, let outcome):
        if case .assessed = outcome { look = line }
        if case .concluded = outcome { ends += 1 }
        checkOutcome(outcome, of: id, line)
        checkSpeech(outcome, line)
      case .started:
        expect(
          line.index == 0, 15, "one active promotion",
          "line \(line.index + 1) starts one while another is under way")
      case .approved, .leased: break
      }
    }
    let isOver = lines.last?.after.phase.isTerminal == true
    expect(ends == (isOver ? 1 : 0), 13, "one terminal", "\(ends) ends")
  }
}
