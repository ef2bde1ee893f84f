import SluiceCore
import SluiceSystem

/// Worlds that begin alike and differ in what strikes them later: what they share happens once
/// (`Tier1Stage.advance`), so there are more of them, and more of them in the late phases of a promotion.
struct WorldFamily: Sendable {
  struct Branch: Sendable {
    /// Until here it is the stem, in milliseconds.
    var forksAt: Int64
    var origin: WorldCase
  }

  /// How many seeds make one family: 0 to 7, 8 to 15 and so on.
  static let size: UInt64 = 8

  /// Without an end of its own: its faults never stop.
  let stem: WorldCase
  /// By the seed.
  private(set) var branches: [Branch] = []

  static func number(of seed: UInt64) -> UInt64 { seed / size }

  /// Only those of these seeds.
  mutating func keep(_ seeds: Range<UInt64>) {
    branches.removeAll { !seeds.contains($0.origin.seed) }
  }

  /// - Parameter drawsRamp: some have fewer steps than the fleet's ramp has.
  init(_ number: UInt64, hosts: [HostName], preset: FaultPreset, drawsRamp: Bool) {
    var random = SplitMix64(seed: number ^ 0xFA311)
    var stem = WorldCase(seed: number * Self.size)
    stem.stem = number
    stem.drawKind(&random, preset, drawsRamp: drawsRamp)
    var draw = FaultDraw(hosts: hosts, random: random)
    let (early, life) = stem.span
    stem.faults = draw.faults(preset, atMost: 3, in: 0...early)
    self.stem = stem
    for seed in stem.seed..<stem.seed + Self.size {
      draw.random = SplitMix64(seed: seed)
      // Many of them while it begins, which is when most is done; the others at any time.
      let isEarly = draw.random.chance(permille: 300)
      let forksAt = draw.random.milliseconds(0...(isEarly ? early : life))
      let spans: [Int64] = [2_000, 10_000, 30_000, 60_000]
      let span = spans[draw.random.index(below: spans.count)]
      var origin = stem
      origin.seed = seed
      origin.faults.removeAll { $0.at >= forksAt }
      origin.faults += draw.faults(preset, atMost: 6, in: forksAt...forksAt + span)
      // Never before it is a world of its own: the stem does not heal.
      let last = max(origin.faults.last?.at ?? forksAt, forksAt)
      origin.healsAt = last + draw.random.milliseconds(10_000...180_000)
      origin.addOutage(preset, in: forksAt...forksAt + span)
      origin.addAcceptance(preset, in: forksAt...forksAt + span)
      origin.addStrayTenants(preset, in: forksAt...forksAt + span)
      origin.addSilence(preset, from: forksAt)
      branches.append(Branch(forksAt: forksAt, origin: origin))
    }
  }
}

extension WorldCase {
  static func calm(seed: UInt64, drawsRamp: Bool) -> WorldCase {
    var random = SplitMix64(seed: seed)
    var drawn = WorldCase(seed: seed)
    drawn.drawKind(&random, .calm, drawsRamp: drawsRamp)
    return drawn
  }

  /// How long its beginning takes, up to the first share, and how long most of its kind live at the
  /// least: what strikes later strikes nothing. In milliseconds.
  fileprivate var span: (early: Int64, life: Int64) {
    switch purpose {
    case .promote: (8_000, (isBad ? 15_000 : 25_000) + 10_000 * Int64(min(steps ?? 3, 3)))
    case .drillCanary: (8_000, 12_000)
    case .drillRollback: (4_000, 6_000)
    case .revert: (1_000, 2_000)
    case .revertNow: (600, 1_000)
    }
  }

  /// In some worlds gateways fail whatever they run, those of the stable arm or all; of a chance of its
  /// own, as above.
  fileprivate mutating func addOutage(_ preset: FaultPreset, in span: ClosedRange<Int64>) {
    var random = SplitMix64(seed: seed ^ 0x0074_A6E5)
    guard preset == .all || preset == .hosts, random.chance(permille: 120) else { return }
    let kinds = AnswerFault.allCases
    faults.append(
      ScheduledFault(
        at: random.milliseconds(span),
        .answersFail(
          everywhere: random.chance(permille: 500), kinds[random.index(below: kinds.count)],
          milliseconds: random.milliseconds(10_000...90_000))))
    faults.sort { $0.at < $1.at }
  }

  /// In some worlds a person accepts what Doctor finds, mostly where a controller has just died: while one
  /// lives he cannot. Of a chance of its own, as above.
  fileprivate mutating func addAcceptance(_ preset: FaultPreset, in span: ClosedRange<Int64>) {
    var random = SplitMix64(seed: seed ^ 0xACCE_97ED)
    guard preset == .all || preset == .operators, random.chance(permille: 100) else { return }
    let at = random.milliseconds(span)
    let diesAt = random.chance(permille: 400) ? 1 + random.index(below: 24) : nil
    faults.append(ScheduledFault(at: at, .findingsAreAccepted(diesAt: diesAt)))
    if random.chance(permille: 700) {
      faults.append(ScheduledFault(at: at, .controllerDies(step: 1 + random.index(below: 10))))
    }
    faults.sort { $0.at < $1.at }
  }

  /// In some worlds whose ramp names a tenant, the balancer ignores the tenant; of a chance of its own,
  /// as above.
  fileprivate mutating func addStrayTenants(_ preset: FaultPreset, in span: ClosedRange<Int64>) {
    var random = SplitMix64(seed: seed ^ 0x57_2A15)
    guard preset == .all || preset == .balancer, tenant?.step != nil, random.chance(permille: 200)
    else { return }
    faults.append(
      ScheduledFault(
        at: random.milliseconds(span),
        .balancerIgnoresTenants(milliseconds: random.milliseconds(10_000...90_000))))
    faults.sort { $0.at < $1.at }
  }

  /// In some worlds with a dead man nobody leads for longer than the canary waits, mostly while it has
  /// no share; of a chance of its own, as above.
  fileprivate mutating func addSilence(_ preset: FaultPreset, from earliest: Int64) {
    var random = SplitMix64(seed: seed ^ 0x51_1E7C)
    guard preset == .all || preset == .controllers, hasDeadMan == true, random.chance(permille: 600)
    else { return }
    let at = earliest + random.milliseconds(0...4_000)
    faults.append(
      ScheduledFault(
        at: at, .writerStaysAway(milliseconds: random.milliseconds(40_000...240_000))))
    faults.sort { $0.at < $1.at }
    healsAt = max(healsAt, at + random.milliseconds(60_000...240_000))
  }

  /// Most promote a good release, some a bad one, some take one back; some move to another build, with a
  /// word for it or without.
  fileprivate mutating func drawKind(
    _ random: inout SplitMix64, _ preset: FaultPreset, drawsRamp: Bool
  ) {
    switch random.index(below: 20) {
    case 0, 1: purpose = .revert
    case 2: purpose = .revertNow
    default: break
    }
    isBad = random.chance(permille: 300)
    // Of its own chance: what else is drawn stays what it was.
    var kinds = SplitMix64(seed: (stem ?? seed) ^ 0xA275)
    let faults = AnswerFault.allCases
    if isBad, kinds.chance(permille: 400) { answers = faults[kinds.index(below: faults.count)] }
    var pinnings = SplitMix64(seed: (stem ?? seed) ^ 0x7E4A)
    if pinnings.chance(permille: 400) {
      tenant = Pinning.allCases[pinnings.index(below: Pinning.allCases.count)]
    }
    if random.chance(permille: 200) { share = Share(basisPoints: 300) ?? .zero }
    let builds = [nil, ExampleFleet.sameSchemaBuild, ExampleFleet.newerBuild]
    build = builds[random.index(below: builds.count)]?.version
    isApproved = !random.chance(permille: 30)
    let steps = [1, 1, 1, 2, 2, 2, 2, nil, nil, nil]
    if drawsRamp { self.steps = steps[random.index(below: steps.count)] }
    // Of its own chance as well: most fleets' ledgers are not read, which keeps most worlds quick.
    var ledgers = SplitMix64(seed: (stem ?? seed) ^ 0x0000_B00C)
    if !isBad, ledgers.chance(permille: 80) {
      runs = ledgers.chance(permille: 600) ? .failing : .good
    }
    guard preset != .calm else { return }
    if random.chance(permille: 20) { approvesAnother = true }
    if random.chance(permille: 60) { (isApproved, awaitsApproval) = (false, true) }
    if purpose == .promote, random.chance(permille: 60) {
      worker = random.chance(permille: 500) ? .trails : .leads
    }
    var silences = SplitMix64(seed: (stem ?? seed) ^ 0xDEAD)
    if purpose == .promote, silences.chance(permille: 150) { hasDeadMan = true }
    // Of its own chance, and last: the purpose decides what else is drawn.
    var drills = SplitMix64(seed: (stem ?? seed) ^ 0xD211)
    if purpose == .promote, drills.chance(permille: 60) {
      purpose = drills.chance(permille: 500) ? .drillCanary : .drillRollback
    }
  }
}
