import SluiceCore
import SluicePorts
import SluiceSystem

/// The quality of a release: the form of its sessions.
public struct Quality: Sendable, Hashable {
  public var errorPermille: Int
  /// Milliseconds that a session takes at the least; up to as much again on top.
  public var latencyMilliseconds: Int64
  /// The result of a failed session.
  public var fault: AnswerFault
  /// Of the runs of sessions that were answered with 200.
  var failedRunPermille = 3

  public init(
    errorPermille: Int, latencyMilliseconds: Int64, fault: AnswerFault = .serverError
  ) {
    self.errorPermille = errorPermille
    self.latencyMilliseconds = latencyMilliseconds
    self.fault = fault
  }

  static let usual = Quality(errorPermille: 3, latencyMilliseconds: 100)
  /// Its answers are good ones, and its runs fail.
  static let failingRuns = {
    var quality = usual
    quality.failedRunPermille = 1_000
    return quality
  }()
}

/// Sessions that arrive as time passes, and the log that reports each of them once and by its
/// number, whatever happens to the log.
struct TrafficModel: Sendable {
  var perSecond: Int64
  let qualities: [String: Quality]
  private var random: SplitMix64
  private var sequence: Int64 = 0
  private var servedUntil: Int64 = 0
  /// Thousandths of a session that have not become one yet.
  private var owed: Int64 = 0
  /// Faults of the log, until these moments.
  var lossUntil: Int64 = 0
  var cutUntil: Int64 = 0
  var repeatsUntil: Int64 = 0
  var shuffleUntil: Int64 = 0
  /// Reported by the log, oldest first. A successor reads these again.
  private(set) var told: [SessionRecord] = []
  private var untold: [SessionRecord] = []
  /// Those that came to the log, by the generation that assigned them.
  private(set) var canarySessions: [Int64: Int] = [:]
  /// The answers of the logged sessions, in the order of the log.
  private(set) var answers: [StepAnswers] = []
  /// Gateways that fail fast, until it ends.
  var outage: Outage?
  private var lost = 0
  /// Sessions that arrived and were neither served nor asked to wait.
  private(set) var unserved = 0
  private(set) var returning: ReturningClients
  /// The runs in the gateways' run logs; nil where the fleet does not read run logs.
  var ledgers: RunLogModel?
  var turns = RunningTurns()
  /// Of a hundred sessions so many are of a tenant who belongs to the canary's cohort.
  private static let cohortPercent = 4
  /// And so many of one whom weights pin to the canary, or none do.
  private static let tenantPercent = 6
  private let mayWait: Bool
  /// In order, each that differs from the one before.
  private(set) var heldVisits: [HeldVisit] = []

  init(
    perSecond: Int64, qualities: [String: Quality], seed: UInt64, returning: ReturningClients,
    pinned: PinnedClients
  ) {
    self.perSecond = perSecond
    self.qualities = qualities
    self.returning = returning
    mayWait = pinned == .wait
    random = SplitMix64(seed: seed)
  }

  /// Whatever release they run: those of the stable arm, or all of them.
  struct Outage: Sendable {
    var isEverywhere: Bool
    var fault: AnswerFault
    var until: Int64
  }

  /// Whether a session came since the last time.
  func isDue(at now: Int64) -> Bool { owed + (now - servedUntil) * perSecond >= 1_000 }

  /// The gateways that may serve a session, and how well they serve.
  struct Place: Sendable {
    var host: HostName
    var quality: Quality
    /// Its process runs the release that the promotion is about.
    var isNew: Bool
  }

  /// The surroundings of sessions: when they come, under which weights, and which gateways may
  /// serve them.
  struct Ground {
    var wall: Int64
    var weights: Weights
    /// The share of the draw, whatever the weights say.
    var share: Share
    /// Of the sessions of pinned tenants, every other one is drawn like anybody's.
    var ignoresTenants = false
    var places: Pools<Place>
    /// Lines of the ledger.
    var lines: Int
  }

  /// Lets the sessions come that came since the last time; returns how many of each host's stay
  /// open for long.
  mutating func serve(to now: Int64, _ ground: Ground) -> HostTable<Int> {
    owed += (now - servedUntil) * perSecond
    servedUntil = now
    let count = owed / 1_000
    owed %= 1_000
    var long: HostTable<Int> = [:]
    for _ in 0..<count {
      sequence += 1
      let draws = (random.next(), random.next())
      guard let (arm, why, place, tenant) = assign(draws.0, ground) else {
        unserved += 1
        continue
      }
      if let place, sequence % 16 == 0 {
        long[place.host, default: 0] += 1
        // The others are idle sockets, which never end by themselves.
        if sequence % 64 != 0 {
          turns.begin(on: place.host, endsAt: now + 500 + Int64((draws.1 >> 40) % 6_000))
        }
      }
      if now < lossUntil {
        lost += 1
        continue
      }
      let generation = ground.weights.generation
      if arm == .canary, why == .draw || why == .cohort {
        canarySessions[generation, default: 0] += 1
      }
      let isOut = outage.map { now < $0.until && ($0.isEverywhere || arm == .stable) } ?? false
      var session = record(draws.1, ground.wall, arm, why, place, generation, isOut: isOut)
      session.tenant = tenant
      untold.append(session)
      ledgers?.keep(session, failedPermille: place?.quality.failedRunPermille ?? 0, at: now)
    }
    return long
  }

  /// Every fourth session belongs to a client that was here before.
  private mutating func assign(_ draw: UInt64, _ ground: Ground) -> (
    Arm, SessionRecord.Why, Place?, tenant: String?
  )? {
    let pick = Int(draw >> 33)
    let count = returning.clients.count
    if (draw >> 20) % 4 == 0, count > 0 {
      return comesBack(pick % count, draw, ground).map { ($0.0, $0.1, $0.2, nil) }
    }
    let percent = Int((draw >> 24) % 100)
    let tenant = tenant(percent, ground)
    let isIgnored = tenant != nil && ground.ignoresTenants && (draw >> 40) % 2 == 0
    if tenant != nil || percent < Self.cohortPercent, !isIgnored {
      if let place = cohort(ground) { return (.canary, .cohort, place, tenant) }
      // The canary has no live server: stable serves, and the log says so.
      if tenant != nil, ground.share > .zero, let place = ground.places.stables.first {
        return (.stable, .failOpen, place, tenant)
      }
    }
    let assigned = ground.places.assign(
      draw: Int(draw % 10_000), pick: pick, share: ground.share)
    guard let place = assigned.place else { return nil }
    if (draw >> 22) % 4 == 0, assigned.why == .draw {
      returning.remember(
        assigned.arm, place.host, ground.weights, draw: Int(draw % 10_000), number: pick)
    }
    return (assigned.arm, assigned.why, place, tenant)
  }

  /// The tenant of such a session, if the weights pin the tenant.
  private func tenant(_ percent: Int, _ ground: Ground) -> String? {
    let tenants = Self.cohortPercent..<Self.cohortPercent + Self.tenantPercent
    return tenants.contains(percent) ? ground.weights.tenants.first : nil
  }

  /// The gateway that serves a tenant of the canary's cohort; at share 0 the tenant is served like
  /// any other.
  private mutating func cohort(_ ground: Ground) -> Place? {
    guard ground.share > .zero, let place = ground.places.canaries.first else { return nil }
    // He belongs there by the fleet's word, which is older than any weights.
    if place.isNew { note(ground.weights.generation - 1, place, ground) }
    return place
  }

  private mutating func comesBack(_ number: Int, _ draw: UInt64, _ ground: Ground) -> (
    Arm, SessionRecord.Why, Place?
  )? {
    let client = returning.clients[number]
    switch returning.comesBack(
      number, weights: ground.weights, share: ground.share, pools: ground.places,
      mayWait: mayWait)
    {
    case .waits: return (client.arm, .hold, nil)
    case .refused: return nil
    case .served(let place, let why):
      if place.isNew, client.arm == .canary, why != .failOpen {
        note(client.generation, place, ground)
      }
      return (why == .failOpen ? .stable : client.arm, why, place)
    case .isNew:
      let assigned = ground.places.assign(
        draw: client.hasKey ? client.hash : Int(draw % 10_000), pick: Int(draw >> 33),
        share: ground.share)
      guard let place = assigned.place else { return nil }
      if assigned.why == .draw {
        returning.settle(
          number, assigned.arm, place.host, ground.weights, ground.places, isDealt: true)
      }
      return (assigned.arm, assigned.why, place)
    }
  }

  private mutating func note(_ generation: Int64, _ place: Place, _ ground: Ground) {
    let visit = HeldVisit(
      host: place.host, lines: ground.lines, generation: generation, weights: ground.weights)
    if heldVisits.last != visit { heldVisits.append(visit) }
  }

  mutating func forgetKeys() { returning.forgetKeys() }

  /// No gateway served the session: the balancer itself asked the client to wait.
  private func record(
    _ draw: UInt64, _ wall: Int64, _ arm: Arm, _ why: SessionRecord.Why, _ place: Place?,
    _ generation: Int64, isOut: Bool
  ) -> SessionRecord {
    var quality = place?.quality ?? .usual
    if isOut, let outage {
      quality = Quality(
        errorPermille: outage.isEverywhere ? 1_000 : 970, latencyMilliseconds: 20,
        fault: outage.fault)
    }
    let fails = place == nil || Int(draw % 1_000) < quality.errorPermille
    if isOut, !fails { quality = .usual }
    let spread = Int64((draw >> 32) % UInt64(quality.latencyMilliseconds))
    let fault = fails ? quality.fault : nil
    return SessionRecord(
      process: 4_242, sequence: sequence, assignedMilliseconds: wall, arm: arm, why: why,
      generation: generation, host: place?.host, status: fault?.status ?? 200,
      ending: fault?.ending ?? "----", activeMilliseconds: quality.latencyMilliseconds + spread,
      isWebSocket: fault == .socketBroken, wasRetried: false)
  }

  /// The sessions that the log newly reports; nil when there are none.
  /// - Parameter lines: of the ledger.
  mutating func tell(at now: Int64, lines: Int) -> EvidenceBatch? {
    guard now >= cutUntil, !untold.isEmpty || lost > 0 else { return nil }
    var sessions = untold
    if now < max(repeatsUntil, shuffleUntil) {
      if now < repeatsUntil { sessions += told.suffix(5) }
      if now < shuffleUntil { sessions.shuffle(using: &random) }
      sessions = eachOnce(sessions)
    }
    let batch = EvidenceBatch(sessions: sessions, lost: lost)
    told += sessions
    for session in sessions where session.isNewSession { note(session, lines) }
    untold = []
    lost = 0
    return batch
  }

  private mutating func note(_ session: SessionRecord, _ lines: Int) {
    if answers.last?.generation != session.generation || answers.last?.lines != lines {
      answers.append(StepAnswers(generation: session.generation, lines: lines))
    }
    answers[answers.count - 1].count(session)
  }

  /// A reader knows a line by its number, as the real one does.
  private func eachOnce(_ lines: [SessionRecord]) -> [SessionRecord] {
    let highest = told.last?.sequence ?? 0
    return lines.filter { $0.sequence > highest }.sorted { $0.sequence < $1.sequence }
  }
}
