import SluiceCore

/// A failure, or a person's act, in the middle of a promotion.
public enum Fault: Sendable, Hashable, Codable {
  // The writer's controller
  /// The controller is killed at its n-th step from here: before, inside or after an append, a
  /// sync, a request to the balancer, a frame to a host, or the answer to one.
  case controllerDies(step: Int)
  /// The controller stops in the middle of everything, a successor takes over, and later the first
  /// one goes on.
  case controllerSleeps(milliseconds: Int64)
  /// The controller is killed, and nobody starts another one for a while.
  case writerStaysAway(milliseconds: Int64)
  case writerReboots
  /// Its lease goes to a successor, and it does not know: there are two writers for a while.
  case leaseIsLost
  /// The controller dies, and the next person starts another promotion instead of continuing this
  /// one.
  case anotherIsStarted
  case wallClockJumps(milliseconds: Int64)

  // The writer's disk
  case writeFails(DiskFailure, after: Int)
  case syncFails(DiskFailure, after: Int)
  case renameFails(DiskFailure, after: Int)
  /// The disk stays full until the faults stop.
  case diskIsFull
  /// One bit of the ledger flips on the medium; a person brings the copy back later.
  case bitFlips(permille: Int)
  /// A person changes a byte of an old line in place, while a controller writes the ledger.
  case ledgerIsAltered(permille: Int)
  /// A person replaces the ledger by an older copy, while a controller writes the ledger.
  case ledgerIsReplaced(permille: Int)

  // The connections to the hosts
  case requestsAreLost(HostName, Int)
  /// The work is done, the answer is lost.
  case answersAreLost(HostName, Int)
  case framesAreDoubled(HostName, Int)
  /// So late that others overtake them.
  case framesAreDelayed(HostName, Int, milliseconds: Int64)
  /// Frames that are no answer to anything; the work is done.
  case answersAreGarbled(HostName, Int)
  case hostIsSilent(HostName, milliseconds: Int64)

  // The hosts
  case hostReboots(HostName, milliseconds: Int64)
  case agentDies(HostName, milliseconds: Int64)
  /// Between the links and the proof of its next swing.
  case agentDiesInSwing(HostName, beforeTheRestart: Bool)
  case gatewayCrashes(HostName)
  case gatewayHangs(HostName, milliseconds: Int64)
  case gatewayCrashLoops(HostName, times: Int)
  /// The gateway restarts without a warm-up; in place it keeps its pid.
  case gatewayIsRestarted(HostName, inPlace: Bool)
  /// At its next restart the old process keeps the port and goes on answering.
  case processIsOrphaned(HostName)
  case linkIsADirectory(HostName)
  /// After it was hashed.
  case treeChanges(HostName, isNew: Bool)
  case hostDiskIsFull(HostName)
  /// A person moves the release's tag in the host's checkout.
  case tagIsMoved(HostName)
  case hostClockIsWrong(HostName, milliseconds: Int64)
  case drainIsHeld(HostName)
  case drainNeverEnds(HostName)
  case drainLeaseExpires(HostName)
  /// A person moves the host's links to the other release and restarts its gateway. No preset draws
  /// this fault, because before a rollback the act itself breaks what Sluice promises.
  case hostIsMovedByHand(HostName)

  // Answers to clients, whichever release is loaded: of the stable gateways, or of all
  case answersFail(everywhere: Bool, AnswerFault, milliseconds: Int64)

  // Doctor and probes
  case probeSays(HostName, MergedProbe.Status, looks: Int)
  /// Turn by turn good and bad.
  case probeFlaps(HostName, times: Int)
  /// The agent of a host hears bytes that it cannot read.
  case probeHearsGarbage(HostName, Garbage, looks: Int)
  /// Its next answers are too long, too many, too deep, or cannot be written in a line.
  case hostSaysTooMuch(HostName, answers: Int)
  /// Doctor finds a new error (hard), or gives no answer.
  case doctorFails(HostName, isHard: Bool, milliseconds: Int64)
  /// The cause is common.
  case doctorFailsEverywhere(isHard: Bool, milliseconds: Int64)
  /// All of them at once.
  case agentsAreAway(milliseconds: Int64)
  /// The host shows the process before this one for a while.
  case probeIsStale(HostName, milliseconds: Int64)

  // The balancer
  case balancerRefuses(requests: Int)
  case balancerAnswersAreLost(Int)
  case balancerIsDeaf(requests: Int)
  case balancerAppliesPartly(requests: Int)
  case balancerAppliesLate(milliseconds: Int64)
  case balancerRestarts
  case balancerFallsBack
  case balancerIsStartedTwice
  case balancerDies(milliseconds: Int64)
  /// Its process alone, or its keeper, too.
  case balancerIsKilled(withKeeper: Bool)
  /// Another program sets the share.
  case shareIsSet(Share)
  /// The balancer says one share and deals another. Drawn in no preset: no read of the balancer can
  /// tell.
  case balancerDeals(Share)
  /// It says that tenants are pinned to the canary, and draws every other session of theirs.
  case balancerIgnoresTenants(milliseconds: Int64)

  // Evidence
  case evidenceIsLost(milliseconds: Int64)
  case evidenceIsCutOff(milliseconds: Int64)
  case evidenceIsRepeated(milliseconds: Int64)
  case evidenceIsShuffled(milliseconds: Int64)

  // Persons
  case asked(Request.Action)
  /// A person approves the demands of this plan, or of another plan.
  case approved(isForThis: Bool)
  /// A person accepts Doctor's findings on every gateway, as soon as no controller holds the lease.
  /// The person's program is killed at its n-th step, or lives.
  case findingsAreAccepted(diesAt: Int?)
}

/// The failure of a call to the disk.
public enum DiskFailure: String, Sendable, Hashable, Codable, CaseIterable {
  case inputOutput = "EIO"
  case noSpace = "ENOSPC"
}

/// A fault and when it happens, in milliseconds after the promotion began.
public struct ScheduledFault: Sendable, Hashable, Codable, CustomStringConvertible {
  public var at: Int64
  public var fault: Fault

  public init(at: Int64, _ fault: Fault) {
    self.at = at
    self.fault = fault
  }

  public var description: String { "\(Wording.duration(at)): \(fault.words)" }
}
