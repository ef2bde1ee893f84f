import SluiceCore
import SluicePorts

/// How good a release is: what its sessions look like.
public struct Quality: Sendable, Hashable {
  public var errorPermille: Int
  /// Milliseconds that a session takes at the least; up to as much again on top.
  public var latencyMilliseconds: Int64

  public init(errorPermille: Int, latencyMilliseconds: Int64) {
    self.errorPermille = errorPermille
    self.latencyMilliseconds = latencyMilliseconds
  }

  static let usual = Quality(errorPermille: 3, latencyMilliseconds: 100)
}

/// Sessions that come as time passes, and the log that tells of them: each once and by its number,
/// whatever the log does.
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
  /// Told by the log, oldest first: what a successor reads again.
  private(set) var told: [SessionRecord] = []
  private var untold: [SessionRecord] = []
  /// Those that came to the log, by the generation that assigned them.
  private(set) var canarySessions: [Int64: Int] = [:]
  private var lost = 0

  init(perSecond: Int64, qualities: [String: Quality], seed: UInt64) {
    self.perSecond = perSecond
    self.qualities = qualities
    random = SplitMix64(seed: seed)
  }

  /// Whether a session came since the last time.
  func isDue(at now: Int64) -> Bool { owed + (now - servedUntil) * perSecond >= 1_000 }

  /// Who may serve a session, and how well.
  struct Place {
    var host: HostName
    var quality: Quality
  }

  /// Lets the sessions come that came since the last time; returns how many of each host's stay
  /// open for long.
  mutating func serve(
    to now: Int64, wall: Int64, weights: Weights, places: Pools<Place>
  ) -> [HostName: Int] {
    owed += (now - servedUntil) * perSecond
    servedUntil = now
    let count = owed / 1_000
    owed %= 1_000
    var long: [HostName: Int] = [:]
    for _ in 0..<count {
      sequence += 1
      let (first, second) = (random.next(), random.next())
      let assigned = places.assign(
        draw: Int(first % 10_000), pick: Int(first >> 33), share: weights.share)
      guard let place = assigned.place else { continue }
      if sequence % 16 == 0 { long[place.host, default: 0] += 1 }
      if now < lossUntil {
        lost += 1
        continue
      }
      if assigned.arm == .canary { canarySessions[weights.generation, default: 0] += 1 }
      untold.append(
        record(second, wall, assigned.arm, assigned.why, place, weights.generation))
    }
    return long
  }

  private func record(
    _ draw: UInt64, _ wall: Int64, _ arm: Arm, _ why: SessionRecord.Why, _ place: Place,
    _ generation: Int64
  ) -> SessionRecord {
    let quality = place.quality
    let fails = Int(draw % 1_000) < quality.errorPermille
    let spread = Int64((draw >> 32) % UInt64(quality.latencyMilliseconds))
    return SessionRecord(
      process: 4_242, sequence: sequence, assignedMilliseconds: wall, arm: arm, why: why,
      generation: generation, host: place.host, status: fails ? 502 : 200, ending: "----",
      activeMilliseconds: quality.latencyMilliseconds + spread, isWebSocket: false,
      wasRetried: false)
  }

  /// What the log tells now that it had not told before; nil when there is nothing.
  mutating func tell(at now: Int64) -> EvidenceBatch? {
    guard now >= cutUntil, !untold.isEmpty || lost > 0 else { return nil }
    var sessions = untold
    if now < max(repeatsUntil, shuffleUntil) {
      if now < repeatsUntil { sessions += told.suffix(5) }
      if now < shuffleUntil { sessions.shuffle(using: &random) }
      sessions = eachOnce(sessions)
    }
    let batch = EvidenceBatch(sessions: sessions, lost: lost)
    told += sessions
    untold = []
    lost = 0
    return batch
  }

  /// A reader knows a line by its number, as the real one does.
  private func eachOnce(_ lines: [SessionRecord]) -> [SessionRecord] {
    let highest = told.last?.sequence ?? 0
    return lines.filter { $0.sequence > highest }.sorted { $0.sequence < $1.sequence }
  }
}
