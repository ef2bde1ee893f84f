import SluiceCore
import SluiceJSON
import SluicePorts

/// What makes one world differ from another, written down: a line of the seeds file.
public struct WorldCase: Sendable, Hashable, Codable {
  /// What broke in it once; empty in worlds that were just drawn.
  public var note = ""
  public var tier = 2
  public var seed: UInt64
  public var purpose = Plan.Purpose.promote
  /// The canary's archived share.
  public var share = Share.zero
  public var isBad = false
  /// The OpenClaw build of the new release; nil: the fleet's.
  public var build: String?
  /// How many steps of the fleet's ramp are climbed; nil: all.
  public var steps: Int?
  public var isApproved = true
  /// What was approved is another plan than the one that is run.
  public var approvesAnother: Bool?
  /// A worker beside the gateways, and which release it is on; nil: there is none.
  public var worker: Worker?
  public var faults: [ScheduledFault] = []
  public var killPoints: [Int] = []
  /// From here on nothing goes wrong any more.
  public var healsAt: Int64 = 0

  public enum Worker: String, Sendable, Hashable, Codable { case trails, leads }

  public init(seed: UInt64) { self.seed = seed }

  /// What its plan and its fleet come of: worlds of equal ground begin alike.
  struct Ground: Hashable {
    var purpose: Plan.Purpose
    var share: Share
    var isBad: Bool
    var build: String?
    var worker: Worker?
    var steps: Int?
  }

  var ground: Ground {
    Ground(purpose: purpose, share: share, isBad: isBad, build: build, worker: worker, steps: steps)
  }

  /// A world of its own kind for each seed: most promote a good release, some a bad one, some take
  /// one back; some move to another build, with a word for it or without.
  /// - Parameter drawsRamp: some climb fewer steps than the fleet's ramp has.
  public static func drawn(
    seed: UInt64, hosts: [HostName], preset: FaultPreset, drawsRamp: Bool = false
  ) -> WorldCase {
    var random = SplitMix64(seed: seed)
    var drawn = WorldCase(seed: seed)
    switch random.index(below: 20) {
    case 0, 1: drawn.purpose = .revert
    case 2: drawn.purpose = .revertNow
    default: break
    }
    drawn.isBad = random.chance(permille: 300)
    if random.chance(permille: 200) { drawn.share = Share(basisPoints: 300) ?? .zero }
    let builds = [nil, ExampleFleet.sameSchemaBuild, ExampleFleet.newerBuild]
    drawn.build = builds[random.index(below: builds.count)]?.version
    drawn.isApproved = !random.chance(permille: 30)
    if preset != .calm {
      if random.chance(permille: 20) { drawn.approvesAnother = true }
      if drawn.purpose == .promote, random.chance(permille: 60) {
        drawn.worker = random.chance(permille: 500) ? .trails : .leads
      }
    }
    let steps = [1, 1, 1, 2, 2, 2, 2, nil, nil, nil]
    if drawsRamp { drawn.steps = steps[random.index(below: steps.count)] }
    // Most faults strike while there is something to strike.
    let spans: [Int64] =
      drawn.purpose == .promote ? [10_000, 30_000, 60_000, 120_000] : [4_000, 10_000, 30_000]
    var draw = FaultDraw(hosts: hosts, random: random)
    drawn.faults = draw.schedule(preset, within: spans)
    if drawn.faults.contains(where: { if case .approved = $0.fault { true } else { false } }) {
      drawn.isApproved = draw.random.chance(permille: 300)
    }
    drawn.healsAt = (drawn.faults.last?.at ?? 0) + draw.random.milliseconds(10_000...180_000)
    return drawn
  }

  /// The lines of a seeds file; those that are empty or begin with `#` say nothing.
  public static func read(_ text: String) throws -> [WorldCase] {
    try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      try CanonicalJSON.decode(WorldCase.self, from: try JSONValue.parse(Array(line.utf8)))
    }
  }

  /// As it stands in a seeds file.
  public var line: String {
    (try? CanonicalJSON.bytes(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
