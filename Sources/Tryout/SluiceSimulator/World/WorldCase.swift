import SluiceCore
import SluiceJSON
import SluicePorts

/// The description that makes one world differ from another: a line of the seeds file.
public struct WorldCase: Sendable, Hashable, Codable {
  /// The fault that the world once showed; empty in worlds that were just drawn.
  public var note = ""
  public var tier = 2
  public var seed: UInt64
  /// The seed of the world's chance: worlds of one stem are alike until different faults strike
  /// them. Nil: the seed.
  public var stem: UInt64?
  public var purpose = Plan.Purpose.promote
  /// The canary's archived share.
  public var share = Share.zero
  public var isBad = false
  /// The fault of most sessions of a bad release; nil: some errors, and slow answers.
  public var answers: AnswerFault?
  /// The gateways keep run logs, which Sluice reads, and how the new release's runs end; nil: the
  /// fleet has switched the run logs off.
  public var runs: Runs?
  /// The OpenClaw build of the new release; nil: the fleet's.
  public var build: String?
  /// The number of steps of the fleet's ramp; nil: all.
  public var steps: Int?
  /// When the fleet's tenant is pinned to the canary; nil: never.
  public var tenant: Pinning?
  public var isApproved = true
  /// The starter of the promotion waits for an approval.
  public var awaitsApproval: Bool?
  /// The approval is for another plan than the plan that is run.
  public var approvesAnother: Bool?
  /// A worker beside the gateways, and its release; nil: there is none.
  public var worker: Worker?
  /// The canary goes back by itself when its writer stays silent; nil: it does not.
  public var hasDeadMan: Bool?
  public var faults: [ScheduledFault] = []
  public var killPoints: [Int] = []
  /// From here on nothing goes wrong any more.
  public var healsAt: Int64 = 0

  /// Before the promotion, which has to bring it back as it was, or at a step of its ramp.
  public enum Pinning: String, Sendable, Hashable, Codable, CaseIterable {
    case before, firstStep, secondStep

    var step: Int? {
      switch self {
      case .before: nil
      case .firstStep: 0
      case .secondStep: 1
      }
    }
  }

  public enum Worker: String, Sendable, Hashable, Codable { case trails, leads }

  /// Failing: a skill of the new release errors, and its clients get 200 all the same.
  public enum Runs: String, Sendable, Hashable, Codable { case good, failing }

  public init(seed: UInt64) { self.seed = seed }

  /// The ground of the world's plan and fleet: worlds of equal ground begin alike.
  struct Ground: Hashable {
    var purpose: Plan.Purpose
    var share: Share
    var isBad: Bool
    var answers: AnswerFault?
    var runs: Runs?
    var build: String?
    var worker: Worker?
    var steps: Int?
    var tenant: Pinning?
    var hasDeadMan: Bool?
  }

  var ground: Ground {
    Ground(
      purpose: purpose, share: share, isBad: isBad, answers: answers, runs: runs, build: build,
      worker: worker, steps: steps, tenant: tenant, hasDeadMan: hasDeadMan)
  }

  /// A world of its own for each seed; eight that follow each other begin alike (`WorldFamily`),
  /// unless nothing goes wrong in them.
  /// - Parameter drawsRamp: some have fewer steps than the fleet's ramp has.
  public static func drawn(
    seed: UInt64, hosts: [HostName], preset: FaultPreset, drawsRamp: Bool = false
  ) -> WorldCase {
    guard preset != .calm else { return calm(seed: seed, drawsRamp: drawsRamp) }
    return WorldFamily(
      WorldFamily.number(of: seed), hosts: hosts, preset: preset, drawsRamp: drawsRamp
    ).branches[Int(seed % WorldFamily.size)].origin
  }

  /// The lines of a seeds file; those that are empty or begin with `#` say nothing.
  public static func read(_ text: String) throws -> [WorldCase] {
    try text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      try CanonicalJSON.decode(WorldCase.self, from: try JSONValue.parse(Array(line.utf8)))
    }
  }

  /// The line of a seeds file.
  public var line: String {
    (try? CanonicalJSON.bytes(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
