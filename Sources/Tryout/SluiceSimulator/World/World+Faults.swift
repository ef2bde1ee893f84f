import SluiceCore

extension World {
  /// Lets a fault happen.
  mutating func strike(_ fault: Fault) {
    let kind = fault.kind
    counts[kind, default: 0] += 1
    serve()
    switch fault {
    case .controllerDies(let step):
      if let leader { controllers[leader].stepsLeft = step }
    case .controllerSleeps(let milliseconds):
      if let leader { stop(leader, milliseconds: milliseconds) }
    case .writerStaysAway(let milliseconds):
      nobodyUntil = now + milliseconds
      if let leader { kill(leader) }
    case .writerReboots: reboot()
    case .leaseIsLost: if let leader { loseLease(leader) }
    case .anotherIsStarted:
      startsAnother = true
      if let leader { kill(leader) }
    case .wallClockJumps(let milliseconds): clock.jump(milliseconds)
    case .asked(let action): ask(action)
    case .approved(let isForThis):
      approval = isForThis ? setup.approval : setup.otherApproval
    case .findingsAreAccepted(let step): wantAcceptance(diesAt: step)
    case .answersFail(let isEverywhere, let fault, let time):
      traffic.outage = .init(isEverywhere: isEverywhere, fault: fault, until: now + time)
    case .evidenceIsLost(let time): traffic.lossUntil = now + time
    case .evidenceIsCutOff(let time): traffic.cutUntil = now + time
    case .evidenceIsRepeated(let time): traffic.repeatsUntil = now + time
    case .evidenceIsShuffled(let time): traffic.shuffleUntil = now + time
    case .writeFails, .syncFails, .renameFails, .diskIsFull, .bitFlips:
      disk.strike(fault, file: LedgerModel.path)
    case .ledgerIsAltered, .ledgerIsReplaced: tamper(fault)
    case .agentsAreAway(let time):
      for host in setup.names { strikeHost(.agentDies(host, milliseconds: time)) }
    case .doctorFailsEverywhere(let isHard, let time):
      for host in setup.names {
        strikeHost(.doctorFails(host, isHard: isHard, milliseconds: time))
      }
    default: if !strikeConnection(fault), !strikeHost(fault) { strikeBalancer(fault) }
    }
    effects.record(.fault(kind))
  }

  /// A person changes the ledger under a controller that is awake. Without such a controller, an
  /// older copy looks like the ledger; checkpoints cover that case.
  private mutating func tamper(_ fault: Fault) {
    guard let leader, holdsLease(leader), linesSeen > 0, belief.hasBegun, !belief.isTerminal,
      !tamperings.contains(where: \.isOpen)
    else { return }
    disk.change()
    disk.strike(fault, file: LedgerModel.path)
    tamperings.append(Tampering(lines: linesSeen, controller: leader, isOpen: true))
  }

  private mutating func reboot() {
    for controller in controllers.indices { kill(controller) }
    disk.loseUndurable()
    clock.reboot(now)
  }

  private mutating func strikeConnection(_ fault: Fault) -> Bool {
    switch fault {
    case .requestsAreLost(let host, let count): network[host]?.requestsToLose = count
    case .answersAreLost(let host, let count): network[host]?.answersToLose = count
    case .answersAreGarbled(let host, let count): network[host]?.answersToGarble = count
    case .hostSaysTooMuch(let host, let count): network[host]?.answersToSwell = count
    case .framesAreDoubled(let host, let count): network[host]?.doubles = count
    case .framesAreDelayed(let host, let count, let time):
      network[host]?.delays = count
      network[host]?.delay = time
    case .hostIsSilent(let host, let time): network[host]?.silentUntil = now + time
    default: return false
    }
    return true
  }

  @discardableResult
  private mutating func strikeHost(_ fault: Fault) -> Bool {
    guard let host = fault.host, hosts.keys.contains(host) else { return false }
    strikeAgent(fault, host)
    strikeGateway(fault, host)
    strikeDisk(fault, host)
    show(host)
    showBalancer()
    return true
  }

  private mutating func strikeAgent(_ fault: Fault, _ host: HostName) {
    switch fault {
    case .hostReboots(_, let time):
      hosts[host]?.agentRuns = false
      hosts[host]?.crash()
      dropConnections(of: host)
      hangUp(host)
      queue.schedule(.host(host, .isBack), at: now + time)
    case .agentDies(_, let time):
      hosts[host]?.agentRuns = false
      hangUp(host)
      queue.schedule(.host(host, .agentIsBack), at: now + time)
    case .agentDiesInSwing(_, let isBefore):
      hosts[host]?.troubles.agentDiesAt = isBefore ? .links : .restart
    case .probeSays(_, let status, let looks):
      hosts[host]?.say(status, looks: looks, isHard: true)
    case .doctorFails(_, let isHard, let time):
      hosts[host]?.troubles.doctor = isHard ? .red : .silent
      queue.schedule(.host(host, .doctorIsWell), at: now + time)
    case .probeHearsGarbage(_, let garbage, let looks):
      hosts[host]?.hear(garbage, looks: looks, policy: setup.plan.fleet.probe)
    case .probeFlaps(_, let times): queue.schedule(.host(host, .flaps(times: times)), at: now)
    case .probeIsStale(_, let time):
      hosts[host]?.freezeProbe(at: now)
      queue.schedule(.host(host, .probeIsFresh), at: now + time)
    default: break
    }
  }

  private mutating func strikeGateway(_ fault: Fault, _ host: HostName) {
    switch fault {
    case .gatewayCrashes:
      hosts[host]?.crash()
      dropConnections(of: host)
    case .gatewayHangs(_, let time):
      hosts[host]?.troubles.isHung = true
      queue.schedule(.host(host, .wakesUp), at: now + time)
    case .gatewayCrashLoops(_, let times):
      hosts[host]?.crash()
      dropConnections(of: host)
      queue.schedule(.host(host, .crashes(times: times)), at: now + 2_000)
    case .gatewayIsRestarted(_, let inPlace):
      hosts[host]?.restart(inPlace: inPlace)
      dropConnections(of: host)
    case .processIsOrphaned: hosts[host]?.troubles.orphans = 1
    case .hostIsMovedByHand:
      let isNew = hosts.at(host) { $0.loaded } == setup.plan.newRelease.marker
      hosts[host]?.moveByHand(to: isNew ? setup.plan.oldRelease : setup.plan.newRelease)
    case .drainIsHeld: hosts[host]?.troubles.drain = .heldByAnother
    case .drainNeverEnds: hosts[host]?.troubles.drain = .neverReady
    case .drainLeaseExpires: hosts[host]?.troubles.drain = .expires
    default: break
    }
  }

  private mutating func strikeDisk(_ fault: Fault, _ host: HostName) {
    switch fault {
    case .linkIsADirectory: hosts[host]?.troubles.linkIsADirectory = true
    case .treeChanges(_, let isNew):
      let release = isNew ? setup.plan.newRelease : setup.plan.oldRelease
      hosts[host]?.alter(release.lock.skills.version)
    case .hostDiskIsFull: hosts[host]?.troubles.diskIsFull = true
    case .tagIsMoved: hosts[host]?.troubles.tagIsMoved = true
    case .hostClockIsWrong(_, let milliseconds): hosts[host]?.clockOffset = milliseconds
    default: break
    }
  }

  private mutating func strikeBalancer(_ fault: Fault) {
    switch fault {
    case .balancerRefuses(let count): balancer.troubles.refusals = count
    case .balancerAnswersAreLost(let count): balancer.troubles.lostAnswers = count
    case .balancerIsDeaf(let count): balancer.troubles.deafness = count
    case .balancerAppliesPartly(let count): balancer.troubles.halves = count
    case .balancerAppliesLate(let time): balancer.troubles.late = time
    case .balancerRestarts:
      balancer.restart()
      traffic.forgetKeys()
      traffic.turns.clearAll()
    case .balancerFallsBack:
      let past = [setup.weights] + balancer.history
      balancer.fallBack(to: past[max(0, past.count - 2)])
      traffic.forgetKeys()
      traffic.turns.clearAll()
    case .balancerIsStartedTwice: balancer.restart(keepingSessions: true)
    case .balancerDies(let time):
      balancer.restart()
      traffic.forgetKeys()
      traffic.turns.clearAll()
      balancer.troubles.isDown = true
      queue.schedule(.balancerIsBack, at: now + time)
    case .balancerIsKilled(let withKeeper):
      balancer.kill(withKeeper: withKeeper)
      traffic.forgetKeys()
      traffic.turns.clearAll()
    case .shareIsSet(let share): balancer.setShare(share)
    case .balancerDeals(let share): balancer.troubles.deals = share
    case .balancerIgnoresTenants(let time): balancer.troubles.ignoresTenantsUntil = now + time
    default: break
    }
    awaitKeeper()
    showBalancer()
  }

  /// Ends every fault: from here on a promotion must come to its end.
  mutating func heal() {
    guard !isHealed else { return }
    isHealed = true
    serve()
    for host in hosts.keys.sorted() {
      hosts[host]?.heal()
      network[host] = ConnectionModel()
      takeUpMotion(host)
      show(host)
    }
    balancer.heal()
    awaitKeeper()
    showBalancer()
    undoTampering()
    disk.heal()
    (traffic.lossUntil, traffic.cutUntil, traffic.repeatsUntil, traffic.shuffleUntil) = (0, 0, 0, 0)
    traffic.outage = nil
    for controller in controllers.indices { controllers[controller].stepsLeft = nil }
    effects.record(.fault("healed"))
  }

}

extension Fault {
  /// The host that it strikes, if it strikes one.
  var host: HostName? {
    switch self {
    case .hostReboots(let host, _), .agentDies(let host, _), .agentDiesInSwing(let host, _),
      .gatewayCrashes(let host), .gatewayHangs(let host, _), .gatewayCrashLoops(let host, _),
      .gatewayIsRestarted(let host, _), .processIsOrphaned(let host), .linkIsADirectory(let host),
      .treeChanges(let host, _), .hostDiskIsFull(let host), .tagIsMoved(let host),
      .hostClockIsWrong(let host, _),
      .drainIsHeld(let host), .drainNeverEnds(let host), .drainLeaseExpires(let host),
      .hostIsMovedByHand(let host), .probeSays(let host, _, _), .probeFlaps(let host, _),
      .doctorFails(let host, _, _),
      .probeHearsGarbage(let host, _, _), .probeIsStale(let host, _):
      host
    default: nil
    }
  }
}
