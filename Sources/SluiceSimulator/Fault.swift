import SluiceCore
import SluicePorts

/// Something that goes wrong, or that somebody does, in the middle of a promotion.
public enum Fault: Sendable, Hashable {
  case hostIsSilent(HostName, milliseconds: Int64)
  /// The work is done, the answer is lost.
  case answersAreLost(HostName, Int)
  /// Nothing is done.
  case requestsAreLost(HostName, Int)
  /// The agent ends between the links and the restart of its next swing.
  case agentDiesInSwing(HostName)
  case gatewayCrashes(HostName)
  /// The process is another one, and nobody warmed it up.
  case gatewayIsRestarted(HostName)
  case probeSays(HostName, MergedProbe.Status, looks: Int)
  case balancerIsSilent(requests: Int)
  case balancerAnswersAreLost(Int)
  /// It says yes and does nothing.
  case balancerIsDeaf(requests: Int)
  case balancerRestarts
  /// By somebody else.
  case shareIsSet(Share)
  case evidenceIsLost(milliseconds: Int64)
  case diskIsFull(appends: Int)
  /// At this append, before or after its line is durable.
  case controllerDies(beforeTheLine: Bool)
  /// It stops here, a successor takes over, and some appends later it goes on.
  case controllerSleeps(appends: Int)
  case writerReboots
  case wallClockJumps(milliseconds: Int64)
  case asked(Request.Action)
}

/// Faults by the append, counted over all controllers, at which they happen: all from one seed.
public struct FaultSchedule: Sendable, Hashable {
  public var faults: [Int: [Fault]] = [:]

  public init() {}

  /// Up to seven faults among the first appends of a promotion, and some while it recovers.
  public init(seed: UInt64, hosts: [HostName]) {
    var random = SplitMix64(seed: seed)
    for _ in 0..<Int.random(in: 0...7, using: &random) {
      let at = Int.random(in: 1...75, using: &random)
      faults[at, default: []].append(Self.any(hosts, using: &random))
    }
  }

  public var description: String {
    faults.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
  }

  private static func any(_ hosts: [HostName], using random: inout SplitMix64) -> Fault {
    let host = hosts[Int.random(in: 0..<hosts.count, using: &random)]
    let few = Int.random(in: 1...4, using: &random)
    let milliseconds = Int64.random(in: 500...200_000, using: &random)
    switch Int.random(in: 0..<19, using: &random) {
    case 0: return .hostIsSilent(host, milliseconds: milliseconds)
    case 1: return .answersAreLost(host, few)
    case 2: return .requestsAreLost(host, few)
    case 3: return .agentDiesInSwing(host)
    case 4: return .gatewayCrashes(host)
    case 5: return .gatewayIsRestarted(host)
    case 6: return .probeSays(host, .fail, looks: few)
    case 7: return .probeSays(host, .degraded, looks: 3 * few)
    case 8: return .balancerIsSilent(requests: few)
    case 9: return .balancerAnswersAreLost(few)
    case 10: return .balancerIsDeaf(requests: few)
    case 11: return .balancerRestarts
    case 12: return .shareIsSet(Share(basisPoints: 1_000 * few) ?? .zero)
    case 13: return .evidenceIsLost(milliseconds: milliseconds)
    case 14: return .diskIsFull(appends: few)
    case 15: return .controllerSleeps(appends: 3 * few)
    case 16: return .writerReboots
    case 17: return .wallClockJumps(milliseconds: (Int64(few) - 2) * 157_680_000_000)
    default: return ask(using: &random)
    }
  }

  private static func ask(using random: inout SplitMix64) -> Fault {
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: .asked(.pause)
    case 2: .asked(.resume)
    case 3: .asked(.abort)
    case 4: .asked(.rollBack)
    case 5: .asked(.verify)
    case 6: .controllerDies(beforeTheLine: true)
    default: .controllerDies(beforeTheLine: false)
    }
  }
}
