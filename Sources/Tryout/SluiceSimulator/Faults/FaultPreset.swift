import SluiceCore
import SluiceSystem

/// Which faults a world may have.
public enum FaultPreset: String, Sendable, Hashable, CaseIterable {
  case calm, controllers, disk, network, hosts, probes, balancer, evidence, operators, all

  /// The preset's description, for `--help`.
  public var meaning: String {
    switch self {
    case .calm: "nothing goes wrong"
    case .controllers: "controllers die, sleep and are succeeded; clocks jump"
    case .disk: "the writer's disk fails, fills up and forgets; somebody changes the ledger"
    case .network: "frames are lost, doubled, late; hosts are cut off"
    case .hosts: "hosts reboot, gateways crash, hang, loop and lie"
    case .probes: "Doctor and probes flap, lag and cry wolf, on one host or everywhere"
    case .balancer: "the balancer refuses, forgets, is killed, late, deaf or changed by others"
    case .evidence: "the session log has gaps, repeats itself, is late"
    case .operators: "persons approve, pause, resume, abort and roll back at any moment"
    case .all: "everything, mixed"
    }
  }
}

/// Draws faults from a seed.
struct FaultDraw {
  let hosts: [HostName]
  var random: SplitMix64

  /// Up to so many faults in a span of time, in milliseconds from the beginning.
  mutating func faults(_ preset: FaultPreset, atMost most: Int, in span: ClosedRange<Int64>)
    -> [ScheduledFault]
  {
    guard preset != .calm else { return [] }
    return (0..<random.index(below: most + 1)).map { _ in
      ScheduledFault(at: random.milliseconds(span), fault(preset))
    }.sorted { $0.at < $1.at }
  }

  private mutating func fault(_ preset: FaultPreset) -> Fault {
    switch preset {
    case .calm, .all:
      let all = FaultPreset.allCases.filter { $0 != .calm && $0 != .all }
      return fault(all[random.index(below: all.count)])
    case .controllers: return controller()
    case .disk: return disk()
    case .network: return network()
    case .hosts: return host()
    case .probes: return probe()
    case .balancer: return balancer()
    case .evidence: return evidence()
    case .operators: return person()
    }
  }

  private mutating func anyHost() -> HostName { hosts[random.index(below: hosts.count)] }
  private mutating func few() -> Int { 1 + random.index(below: 4) }
  private mutating func aWhile() -> Int64 { random.milliseconds(500...60_000) }
  private mutating func years() -> Int64 { random.milliseconds(-10...10) * 31_536_000_000 }

  private mutating func controller() -> Fault {
    switch random.index(below: 8) {
    case 0, 1, 2: .controllerDies(step: 1 + random.index(below: 40))
    case 3: .controllerSleeps(milliseconds: random.milliseconds(1_000...120_000))
    case 4: .writerReboots
    case 5: .leaseIsLost
    case 6: .anotherIsStarted
    default: .wallClockJumps(milliseconds: years())
    }
  }

  private mutating func disk() -> Fault {
    let failure: DiskFailure = random.chance(permille: 500) ? .inputOutput : .noSpace
    return switch random.index(below: 7) {
    case 0: .writeFails(failure, after: few())
    case 1: .syncFails(failure, after: few())
    case 2: .renameFails(failure, after: 1)
    case 3: .diskIsFull
    case 4: .ledgerIsAltered(permille: random.index(below: 1_000))
    case 5: .ledgerIsReplaced(permille: random.index(below: 1_000))
    default: .bitFlips(permille: random.index(below: 1_000))
    }
  }

  private mutating func network() -> Fault {
    let host = anyHost()
    return switch random.index(below: 6) {
    case 0: .requestsAreLost(host, few())
    case 1: .answersAreLost(host, few())
    case 2: .framesAreDoubled(host, few())
    case 3: .framesAreDelayed(host, few(), milliseconds: aWhile())
    case 4: .answersAreGarbled(host, few())
    default: .hostIsSilent(host, milliseconds: 3 * aWhile())
    }
  }

  private mutating func host() -> Fault {
    let host = anyHost()
    return switch random.index(below: 16) {
    case 0: .hostReboots(host, milliseconds: aWhile())
    case 1: .agentDies(host, milliseconds: aWhile())
    case 2: .agentDiesInSwing(host, beforeTheRestart: random.chance(permille: 500))
    case 3: .gatewayCrashes(host)
    case 4: .gatewayHangs(host, milliseconds: aWhile())
    case 5: .gatewayCrashLoops(host, times: few())
    case 6: .gatewayIsRestarted(host, inPlace: random.chance(permille: 500))
    case 7: .processIsOrphaned(host)
    case 8: .linkIsADirectory(host)
    case 9: .treeChanges(host, isNew: random.chance(permille: 500))
    case 10: .hostDiskIsFull(host)
    case 11: .hostClockIsWrong(host, milliseconds: years())
    case 12: .drainIsHeld(host)
    case 13: .drainNeverEnds(host)
    case 14: .tagIsMoved(host)
    default: .drainLeaseExpires(host)
    }
  }

  private mutating func probe() -> Fault {
    let host = anyHost()
    return switch random.index(below: 8) {
    case 5: .doctorFails(host, isHard: random.chance(permille: 700), milliseconds: aWhile())
    case 6: .doctorFailsEverywhere(isHard: random.chance(permille: 500), milliseconds: aWhile())
    case 7: .agentsAreAway(milliseconds: aWhile())
    case 0: .probeSays(host, .fail, looks: few())
    case 1: .probeSays(host, .degraded, looks: 3 * few())
    case 2: .probeFlaps(host, times: 2 * few())
    case 3: garbage(host)
    default: .probeIsStale(host, milliseconds: aWhile())
    }
  }

  /// The agent gets an unreadable request, or gives too long an answer.
  private mutating func garbage(_ host: HostName) -> Fault {
    let kinds = Garbage.allCases
    let index = random.index(below: kinds.count + 3)
    guard index < kinds.count else { return .hostSaysTooMuch(host, answers: 5 * few()) }
    return .probeHearsGarbage(host, kinds[index], looks: few())
  }

  private mutating func balancer() -> Fault {
    switch random.index(below: 12) {
    case 10: .balancerIsKilled(withKeeper: false)
    case 11: .balancerIsKilled(withKeeper: true)
    case 0: .balancerRefuses(requests: few())
    case 1: .balancerAnswersAreLost(few())
    case 2: .balancerIsDeaf(requests: few())
    case 3: .balancerAppliesPartly(requests: few())
    case 4: .balancerAppliesLate(milliseconds: random.milliseconds(500...10_000))
    case 5: .balancerRestarts
    case 6: .balancerFallsBack
    case 7: .balancerIsStartedTwice
    case 8: .balancerDies(milliseconds: aWhile())
    default: .shareIsSet(Share(basisPoints: 1_000 * few()) ?? .zero)
    }
  }

  private mutating func evidence() -> Fault {
    let time = aWhile()
    return switch random.index(below: 4) {
    case 0: .evidenceIsLost(milliseconds: time)
    case 1: .evidenceIsCutOff(milliseconds: time)
    case 2: .evidenceIsRepeated(milliseconds: time)
    default: .evidenceIsShuffled(milliseconds: time)
    }
  }

  private mutating func person() -> Fault {
    switch random.index(below: 8) {
    case 0, 1: .asked(.pause)
    case 2: .asked(.resume)
    case 3: .asked(.abort)
    case 4: .asked(.rollBack)
    case 5, 6: .approved(isForThis: random.chance(permille: 700))
    default: .asked(.verify)
    }
  }
}
