import SluiceCore
import SluiceEngine
import SluicePorts

/// The way to one host, and what goes wrong on it.
struct ConnectionModel: Sendable {
  var requestsToLose = 0
  var answersToLose = 0
  var answersToGarble = 0
  var answersToSwell = 0
  var doubles = 0
  var delays = 0
  var delay: Int64 = 0
  var silentUntil: Int64 = 0
}

extension World {
  // MARK: Connections

  /// A frame sets out for a host.
  mutating func post(_ event: Event, to host: HostName, _ id: CallID) {
    guard var connection = network[host] else {
      deliver(id, .failure(PortError(.failed, "\(host) is not in the fleet")))
      return
    }
    defer { network[host] = connection }
    let arrival = now + random.milliseconds(1...20)
    if now < connection.silentUntil {
      // Refused at once, or never heard of again.
      guard random.chance(permille: 500) else { return }
      let refusal = PortError(.unreachable, "\(host) does not answer")
      return queue.schedule(.hostAnswer(id, .failure(refusal)), at: arrival)
    }
    if connection.requestsToLose > 0 {
      connection.requestsToLose -= 1
      let loss = PortError(.unknown, "the connection to \(host) was lost")
      return queue.schedule(.hostAnswer(id, .failure(loss)), at: arrival)
    }
    if connection.doubles > 0 {
      connection.doubles -= 1
      queue.schedule(event, at: arrival + random.milliseconds(0...2_000))
    }
    guard connection.delays == 0 else {
      connection.delays -= 1
      return queue.schedule(event, at: arrival + connection.delay)
    }
    queue.schedule(event, at: arrival)
  }

  /// An answer sets out from a host. It may be cut off after the host has acted.
  mutating func reply(_ id: CallID, from host: HostName, _ answer: Result<Answer, PortError>) {
    let arrival = now + random.milliseconds(1...20)
    guard let connection = network[host], now >= connection.silentUntil else { return }
    guard connection.answersToLose == 0 else {
      network[host]?.answersToLose -= 1
      let loss = PortError(.unknown, "the answer of \(host) was lost")
      return queue.schedule(.hostAnswer(id, .failure(loss)), at: arrival)
    }
    guard connection.answersToGarble == 0 else {
      network[host]?.answersToGarble -= 1
      let garbage = PortError(.unknown, "\(host) gave an answer that cannot be read")
      return queue.schedule(.hostAnswer(id, .failure(garbage)), at: arrival)
    }
    guard connection.answersToSwell == 0 else {
      network[host]?.answersToSwell -= 1
      // As a client hears it.
      let heard = OverlongAnswer.draw(&random).swell(answer, of: host)
      return queue.schedule(.hostAnswer(id, heard), at: arrival)
    }
    queue.schedule(.hostAnswer(id, answer), at: arrival)
  }

  // MARK: Hosts

  mutating func arrive(_ call: CallID, at host: HostName, _ question: HostQuestion) {
    guard let answer = hosts[host]?.answer(question, at: now) else {
      return reply(call, from: host, Self.nobody(on: host))
    }
    if hosts.at(host, { $0.effects.isEmpty }) == false { show(host) }
    reply(call, from: host, .success(.host(answer)))
  }

  mutating func arrive(
    _ call: CallID, at host: HostName, _ operation: HostOperation, _ id: OperationID,
    _ epoch: Epoch
  ) {
    guard let arrival = hosts[host]?.arrive(operation, id: id, epoch: epoch, at: now) else {
      return
    }
    show(host)
    if case .accept = operation { noteAcceptances(on: host) }
    switch arrival {
    case .answered(let answer): reply(call, from: host, answer.map { .report($0) })
    case .silence: reply(call, from: host, Self.nobody(on: host))
    case .underWay: waiters[host, default: []].append(call)
    case .begun(let milliseconds):
      waiters[host, default: []].append(call)
      goOn(host, after: milliseconds)
    }
    watchDeadMan(of: host)
  }

  /// Looks at the host when it would go back by itself.
  mutating func watchDeadMan(of host: HostName) {
    let due = hosts.at(host) { $0.deadMan.isWatched ? nil : $0.deadManIsDueAt } ?? nil
    guard let due else { return }
    hosts[host]?.deadMan.isWatched = true
    queue.schedule(.deadMan(host), at: max(due, now + 1_000))
  }

  /// The agent may have heard its writer since, or be away: then the world looks again later.
  mutating func goBackIfSilent(_ host: HostName) {
    hosts[host]?.deadMan.isWatched = false
    if let milliseconds = hosts[host]?.goBackIfSilent(at: now) {
      counts["deadManActs", default: 0] += 1
      goOn(host, after: milliseconds)
    }
    watchDeadMan(of: host)
  }

  private static func nobody(on host: HostName) -> Result<Answer, PortError> {
    .failure(PortError(.unreachable, "nobody answers on \(host)"))
  }

  private mutating func goOn(_ host: HostName, after milliseconds: Int64) {
    motionTokens[host, default: 0] += 1
    queue.schedule(
      .motion(host, token: motionTokens[host, default: 0]), at: now + max(1, milliseconds))
  }

  /// Continues the motion that was interrupted when the agent was down.
  mutating func takeUpMotion(_ host: HostName) {
    let now = now
    let rest = hosts.at(host) { $0.motion == nil ? nil : $0.restOfStage(at: now) } ?? nil
    if let rest { goOn(host, after: rest) }
  }

  mutating func proceed(_ host: HostName, _ token: Int) {
    guard motionTokens[host] == token else { return }
    serve()
    let boots = hosts.at(host) { $0.boots }
    let motion = hosts.at(host) { ($0.motion?.id, $0.motion?.isDrained == true) }
    if motion?.1 == false { hosts[host]?.turnsEnd = traffic.turns.lastEnd(on: host) }
    guard let progress = hosts[host]?.proceed(at: now) else { return }
    if hosts.at(host, { $0.boots }) != boots { hangUp(host, restartedBy: motion?.0, motion?.1) }
    show(host)
    showBalancer()
    switch progress {
    case .next(let milliseconds): goOn(host, after: milliseconds)
    case .ended(_, let answer):
      let answer: Result<Answer, PortError> = answer.map { .report($0) }
      for call in waiters.removeValue(forKey: host) ?? [] { reply(call, from: host, answer) }
    case .stopped:
      hangUp(host)
      queue.schedule(.host(host, .agentIsBack), at: now + random.milliseconds(500...8_000))
    }
  }

  /// Its process is another one. Where the gateway could not be drained, what was cut is not Sluice's.
  private mutating func hangUp(_ host: HostName, restartedBy id: OperationID?, _ isDrained: Bool?) {
    balancer.hangUp(on: host)
    let cut = id.map {
      RunningTurns.Cut(host: host, by: .swing($0), at: clock.moment(now), lines: linesSeen)
    }
    traffic.turns.clear(host, cut: isDrained == true ? cut : nil)
  }

  /// The agent is gone, and with it every connection.
  mutating func hangUp(_ host: HostName) {
    motionTokens[host, default: 0] += 1
    let loss = PortError(.unknown, "the agent of \(host) ended in the middle of it")
    for call in waiters.removeValue(forKey: host) ?? [] { reply(call, from: host, .failure(loss)) }
  }

  mutating func change(_ host: HostName, _ event: HostEvent) {
    serve()
    switch event {
    case .agentIsBack:
      hosts[host]?.agentRuns = true
      hosts[host]?.deadMan.lastWord = now
      // The new agent finishes the operation that the agent before it began.
      takeUpMotion(host)
    case .isBack:
      hosts[host]?.agentRuns = true
      hosts[host]?.deadMan.lastWord = now
      hosts[host]?.boot(newProcess: true)
      takeUpMotion(host)
    case .wakesUp: hosts[host]?.troubles.isHung = false
    case .crashes(let times):
      hosts[host]?.boot(newProcess: true)
      if times > 1 {
        queue.schedule(.host(host, .crashes(times: times - 1)), at: now + 3_000)
      }
    case .flaps(let times):
      hosts[host]?.say(times % 2 == 0 ? .degraded : .fail, looks: 1, isHard: true)
      if times > 1 { queue.schedule(.host(host, .flaps(times: times - 1)), at: now + 4_000) }
    case .probeIsFresh: hosts[host]?.troubles.stale = nil
    case .doctorIsWell: hosts[host]?.troubles.doctor = nil
    }
    show(host)
    showBalancer()
    effects.record(.fault("\(host) \(event)"))
  }

  // MARK: The balancer

  mutating func ask(_ call: CallID, _ request: BalancerRequest, _ epoch: Epoch) {
    serve()
    let answer: Result<BalancerAnswer, PortError>
    do throws(PortError) {
      answer = .success(try balancer.perform(request, epoch: epoch))
    } catch { answer = .failure(error) }
    if request != .read { awaitKeeper() }
    if case .evict(let host) = request, balancer.state.openSessions(of: host) == 0 {
      traffic.turns.clear(
        host,
        cut: .init(host: host, by: .eviction, at: clock.moment(now), lines: linesSeen))
    }
    showBalancer()
    if let late = balancer.troubles.late, balancer.pending != nil {
      balancer.troubles.late = nil
      queue.schedule(.balancerCatchesUp, at: now + late)
    }
    queue.schedule(.balancerAnswer(call, answer), at: now + random.milliseconds(1...4))
  }
}
