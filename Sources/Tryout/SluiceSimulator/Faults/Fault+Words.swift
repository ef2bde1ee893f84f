import SluiceCore

extension Fault {
  /// The fault in an operator's words.
  public var words: String {
    switch self {
    case .controllerDies(let step): "the controller is killed at its \(step). step from here"
    case .controllerSleeps(let time):
      "the controller is stopped, succeeded, and goes on after \(Wording.duration(time))"
    case .writerStaysAway(let time):
      "the controller is killed, and nobody starts another one for \(Wording.duration(time))"
    case .writerReboots: "the writer's machine reboots"
    case .leaseIsLost: "the writer's lease goes to another, and it does not know"
    case .anotherIsStarted:
      "the controller is killed, and the next one starts another promotion"
    case .wallClockJumps(let time): "the writer's wall clock jumps by \(time / 86_400_000) days"
    case .writeFails(let failure, let count):
      "the ledger's \(count). write ends in \(failure.rawValue)"
    case .syncFails(let failure, let count):
      "the ledger's \(count). sync ends in \(failure.rawValue)"
    case .renameFails(let failure, let count):
      "the writer's \(count). rename ends in \(failure.rawValue)"
    case .diskIsFull: "the writer's disk is full"
    case .bitFlips: "one bit of the ledger turns over"
    case .ledgerIsAltered: "somebody changes a byte of an old line of the ledger"
    case .ledgerIsReplaced: "somebody puts an older copy of the ledger in its place"
    case .asked(let action): "a person asks for \(action.rawValue)"
    case .approved(let isForThis): "a person approves \(isForThis ? "the" : "another") plan"
    case .findingsAreAccepted(let step):
      "a person accepts what Doctor finds"
        + (step.map { ", and is cut off at the \($0). step" } ?? "")
    case .agentsAreAway(let time): "the agents of all hosts are gone for \(Wording.duration(time))"
    case .doctorFailsEverywhere(let isHard, let time):
      "Doctor \(isHard ? "finds a new error" : "gives no answer") on every host for "
        + Wording.duration(time)
    case .answersFail(let isEverywhere, let fault, let time):
      "clients of \(isEverywhere ? "all" : "the stable") gateways get \(fault.words) for "
        + Wording.duration(time)
    default: hostWords ?? balancerWords
    }
  }

  private var hostWords: String? {
    switch self {
    case .requestsAreLost(let host, let count): "\(count) requests to \(host) are lost"
    case .answersAreLost(let host, let count):
      "\(count) answers of \(host) are lost, the work is done"
    case .answersAreGarbled(let host, let count): "\(count) answers of \(host) cannot be read"
    case .framesAreDoubled(let host, let count): "\(count) frames to \(host) arrive twice"
    case .framesAreDelayed(let host, let count, let time):
      "\(count) frames to \(host) arrive \(Wording.duration(time)) late"
    case .hostIsSilent(let host, let time): "\(host) is cut off for \(Wording.duration(time))"
    case .hostReboots(let host, let time): "\(host) reboots, which takes \(Wording.duration(time))"
    case .agentDies(let host, let time):
      "the agent of \(host) is gone for \(Wording.duration(time))"
    case .agentDiesInSwing(let host, let isBefore):
      "the agent of \(host) dies \(isBefore ? "before" : "at") the restart of its next swing"
    case .gatewayCrashes(let host): "the gateway of \(host) crashes"
    case .gatewayHangs(let host, let time):
      "the gateway of \(host) hangs for \(Wording.duration(time))"
    case .gatewayCrashLoops(let host, let times): "the gateway of \(host) ends \(times) times over"
    case .gatewayIsRestarted(let host, let inPlace):
      "the gateway of \(host) is restarted by somebody" + (inPlace ? ", in place" : "")
    case .processIsOrphaned(let host):
      "the next restart on \(host) leaves the old process answering"
    case .linkIsADirectory(let host): "a directory stands where the link of \(host) should be"
    case .treeChanges(let host, let isNew):
      "the \(isNew ? "new" : "old") release's tree on \(host) changes after it was hashed"
    case .hostDiskIsFull(let host): "the disk of \(host) is full"
    case .tagIsMoved(let host): "somebody moves the release's tag in the checkout of \(host)"
    case .hostClockIsWrong(let host, let time):
      "the clock of \(host) is wrong by \(time / 86_400_000) days"
    case .drainIsHeld(let host): "somebody else holds the drain of \(host)"
    case .drainNeverEnds(let host): "the gateway of \(host) never becomes idle"
    case .drainLeaseExpires(let host): "the drain lease of \(host) runs out"
    case .hostIsMovedByHand(let host): "somebody moves \(host) to the other release"
    case .probeSays(let host, let status, let looks):
      "the probe of \(host) says \(status.rawValue) \(looks) times"
    case .probeFlaps(let host, let times): "the probe of \(host) flaps \(times) times"
    case .probeHearsGarbage(let host, let garbage, let looks):
      "the agent of \(host) hears garbage of \(garbage.rawValue) \(looks) times"
    case .hostSaysTooMuch(let host, let count): "\(host) says too much in \(count) answers"
    case .doctorFails(let host, let isHard, let time):
      "Doctor \(isHard ? "finds a new error" : "gives no answer") on \(host) for "
        + Wording.duration(time)
    case .probeIsStale(let host, let time):
      "the probe of \(host) shows the process before for \(Wording.duration(time))"
    default: nil
    }
  }

  private var balancerWords: String {
    switch self {
    case .balancerRefuses(let count): "the balancer refuses \(count) requests"
    case .balancerAnswersAreLost(let count): "\(count) answers of the balancer are lost"
    case .balancerIsDeaf(let count): "the balancer says yes \(count) times and does nothing"
    case .balancerAppliesPartly(let count): "the balancer takes \(count) changes by halves"
    case .balancerAppliesLate(let time):
      "the balancer does its next change \(Wording.duration(time)) after it said yes"
    case .balancerRestarts: "the balancer restarts"
    case .balancerFallsBack: "the balancer restarts with weights of the past"
    case .balancerIsStartedTwice: "a second balancer takes over, the first keeps its sessions"
    case .balancerDies(let time): "the balancer is gone for \(Wording.duration(time))"
    case .balancerIsKilled(let withKeeper):
      "the balancer is killed" + (withKeeper ? ", and its keeper with it" : "")
    case .shareIsSet(let share): "somebody else sets the share to \(share)"
    case .balancerDeals(let share): "the balancer deals \(share), whatever it says"
    case .balancerIgnoresTenants(let time):
      "the balancer ignores for \(Wording.duration(time)) which tenants are pinned"
    case .evidenceIsLost(let time): "the session log loses \(Wording.duration(time))"
    case .evidenceIsCutOff(let time): "the session log comes \(Wording.duration(time)) late"
    case .evidenceIsRepeated(let time):
      "the session log repeats itself for \(Wording.duration(time))"
    case .evidenceIsShuffled(let time):
      "the session log is out of order for \(Wording.duration(time))"
    default: kind
    }
  }
}
