import SluiceCore
import SluiceEngine
import SluicePorts
import SluiceSystem

/// A controller as the world sees it: it lives, it is stopped, or it is dead.
struct ControllerModel: Sendable {
  enum State: Sendable { case alive, asleep, dead }

  var state = State.alive
  /// Another may lead in its place, though it goes on.
  var hasLostLease = false
  /// When the controller learned of the loss; it must do nothing after this time.
  var toldAt: Int64?
  /// The controller dies after so many more steps.
  var stepsLeft: Int?
  /// The calls that the controller had begun when it was stopped.
  var parked: [CallID] = []
  /// The answers that came for the controller meanwhile.
  var held: [(CallID, Result<Answer, PortError>)] = []
}

extension World {
  static let dead = PortError(.unknown, "the controller is dead")
  static let leaseLoss = PortError(.fenced, "the writer's lease is lost: another may lead")

  /// A controller takes one more step; true when it is its last.
  mutating func takesLastStep(_ controller: Int) -> Bool {
    guard controllers[controller].state != .dead else { return true }
    steps += 1
    var dies = false
    if let point = killPoints.first, point <= steps {
      killPoints.removeFirst()
      dies = point == steps
    }
    if let left = controllers[controller].stepsLeft {
      controllers[controller].stepsLeft = left - 1
      dies = dies || left <= 1
    }
    if dies { kill(controller) }
    return dies
  }

  /// The same for so many steps; they end with the one that is its last.
  mutating func takesLastStep(_ controller: Int, of count: Int) -> Bool {
    for _ in 0..<count where takesLastStep(controller) { return true }
    return false
  }

  /// Steps that it may still take; nil: as many as it likes.
  func stepsLeft(of controller: Int) -> Int? {
    let points = killPoints.first.map { max(1, $0 - steps) }
    return [points, controllers[controller].stepsLeft.map { max(1, $0) }].compactMap(\.self).min()
  }

  mutating func kill(_ controller: Int) {
    guard controllers[controller].state != .dead else { return }
    for (id, _) in controllers[controller].held {
      outbox.append(.completed(id, .failure(Self.dead)))
    }
    controllers[controller] = ControllerModel(state: .dead)
    for (id, call) in calls.sorted(by: { $0.key < $1.key }) where call.controller == controller {
      calls[id] = nil
      outbox.append(.completed(id, .failure(Self.dead)))
    }
    outbox.append(.end(controller))
    resign(controller)
  }

  /// The controller gives up the lease, and a person notices after a while.
  private mutating func resign(_ controller: Int) {
    voidDeliveries(to: controller)
    guard leader == controller else { return }
    undoTampering()
    leader = nil
    successions += 1
    queue.schedule(.succession, at: now + random.milliseconds(200...6_000))
    awaitAcceptance()
  }

  mutating func stop(_ controller: Int, milliseconds: Int64) {
    guard controllers[controller].state == .alive else { return }
    controllers[controller].state = .asleep
    queue.schedule(.wakeUp(controller), at: now + milliseconds)
    resign(controller)
  }

  mutating func loseLease(_ controller: Int) {
    guard controllers[controller].state == .alive else { return }
    controllers[controller].hasLostLease = true
    foreseeLoss(of: controller)
    resign(controller)
  }

  /// Most controllers that lost the lease are told so, sooner or later.
  private mutating func foreseeLoss(of controller: Int) {
    var chance = SplitMix64(seed: setup.chance ^ UInt64(bitPattern: now) ^ 0x1EA5E)
    guard chance.chance(permille: 700) else { return }
    queue.schedule(.lossIsTold(controller), at: now + chance.milliseconds(500...10_000))
  }

  mutating func tellLoss(to controller: Int) {
    guard controllers[controller].state == .alive else { return }
    controllers[controller].toldAt = now
    outbox.append(.lostLease(controller))
  }

  /// Whether this controller excludes others from the lease.
  func holdsLease(_ controller: Int) -> Bool {
    controllers[controller].state == .alive && !controllers[controller].hasLostLease
  }

  mutating func wake(_ controller: Int) {
    guard controllers[controller].state == .asleep else { return }
    controllers[controller].state = .alive
    // Another one has had the lease since, even if that one is dead by now: the lease is free, and
    // the next controller takes it. This one may wait for a person who has answered long ago.
    if controller < controllers.count - 1 {
      controllers[controller].hasLostLease = true
      foreseeLoss(of: controller)
    }
    if leader == nil, !belief.isTerminal, holdsLease(controller) { leader = controller }
    let (parked, held) = (controllers[controller].parked, controllers[controller].held)
    controllers[controller].parked = []
    controllers[controller].held = []
    for id in parked { if let pending = calls[id] { send(id, pending.call, controller) } }
    for (id, answer) in held { outbox.append(.completed(id, answer)) }
  }

  mutating func succeed() {
    guard leader == nil, !belief.isTerminal else { return }
    guard now >= nobodyUntil else { return queue.schedule(.succession, at: nobodyUntil) }
    if setup.waitsForApproval, approval == nil, !belief.hasBegun { return awaitApproval() }
    if isHealed { vainSuccessions += 1 }
    guard vainSuccessions <= setup.boundOfVainSuccessions else { return isStuck = true }
    controllers.append(ControllerModel())
    leader = controllers.count - 1
    if startsAnother, belief.hasBegun {
      startsAnother = false
      return outbox.append(.start(controllers.count - 1))
    }
    let request = wish
    wish = nil
    outbox.append(.lead(controllers.count - 1, request))
  }

  /// `promote` says that the plan waits for a person, and begins nothing. A person tries again
  /// later, until all faults have ended.
  private mutating func awaitApproval() {
    guard isHealed else { return queue.schedule(.succession, at: now + 5_000) }
    isOver = true
    // A person's program may be at work still: nothing answers it any more.
    for controller in controllers.indices { kill(controller) }
    outbox.append(.over)
  }

  /// A controller came to its end, whatever that was.
  mutating func ended(_ controller: Int) {
    controllers[controller].state = .dead
    voidDeliveries(to: controller)
    if leader == controller, !belief.isTerminal { return resign(controller) }
    if leader == controller { leader = nil }
    finishWhenAllAreDone()
  }

  /// The promotion has ended: those who slept wake up to find that it did. One that waits for
  /// nothing but a person will not find out by itself.
  mutating func finishWhenAllAreDone() {
    guard belief.isTerminal, leader == nil else { return }
    for index in controllers.indices {
      let waits = calls.values.contains { $0.controller == index }
      if controllers[index].state == .alive, !waits { kill(index) } else { wake(index) }
    }
    guard controllers.allSatisfy({ $0.state == .dead }), !isOver else { return }
    isOver = true
    outbox.append(.over)
  }

  /// Its bound has passed, or nothing is left that could happen: what lives is ended.
  mutating func giveUp() {
    isStuck = true
    isOver = true
    for controller in controllers.indices { kill(controller) }
    outbox.append(.over)
  }

  // MARK: Calls

  /// A controller wants something. It is answered by a directive, now or later.
  mutating func begin(_ call: Call, by controller: Int) -> CallID {
    lastCall += 1
    let id = lastCall
    switch controllers[controller].state {
    case .dead: outbox.append(.completed(id, .failure(Self.dead)))
    case .asleep:
      calls[id] = Pending(controller: controller, call: call)
      controllers[controller].parked.append(id)
    case .alive:
      // Bytes on their way to the disk may still become durable.
      if let toldAt = controllers[controller].toldAt, now > toldAt + 100 { unheardLosses += 1 }
      calls[id] = Pending(controller: controller, call: call)
      send(id, call, controller)
    }
    return id
  }

  /// The controller does not wait for the answer any longer.
  mutating func cancel(_ id: CallID) {
    guard calls.removeValue(forKey: id) != nil else { return }
    outbox.append(
      .completed(id, .failure(PortError(.unknown, "the controller is stopping"))))
  }

  private mutating func send(_ id: CallID, _ call: Call, _ controller: Int) {
    switch call {
    case .sleep(let milliseconds): queue.schedule(.timer(id), at: now + milliseconds)
    case .query(let host, let question, let deadline):
      send(.query(id, host, question), to: host, id, deadline, controller)
    case .operation(let host, let operation, let operationID, let epoch, let deadline):
      send(.operation(id, host, operation, operationID, epoch), to: host, id, deadline, controller)
    case .balancer(let request, let epoch):
      guard !takesLastStep(controller) else { return }
      queue.schedule(.balancerRequest(id, request, epoch), at: now + random.milliseconds(1...4))
      _ = takesLastStep(controller)
    case .archive:
      // Tier 1 alone: the engine of tier 2 has an archive on the simulated disk.
      guard !takesLastStep(controller) else { return }
      let failure = disk.failureOfRename()?.error(of: "last_good.json")
      deliver(id, failure.map { .failure($0) } ?? .success(.archived))
    }
  }

  private mutating func send(
    _ frame: Event, to host: HostName, _ id: CallID, _ deadline: Int64, _ controller: Int
  ) {
    guard !takesLastStep(controller) else { return }
    queue.schedule(.expiry(id), at: now + deadline)
    post(frame, to: host, id)
    _ = takesLastStep(controller)
  }

  /// An answer reaches the controller.
  mutating func deliver(_ id: CallID, _ answer: Result<Answer, PortError>) {
    guard let pending = calls[id] else { return }
    if controllers[pending.controller].state == .alive,
      takesLastStep(pending.controller)
    {
      return
    }
    complete(id, answer)
  }

  mutating func complete(_ id: CallID, _ answer: Result<Answer, PortError>) {
    guard let pending = calls.removeValue(forKey: id) else { return }
    if controllers[pending.controller].state == .asleep {
      controllers[pending.controller].held.append((id, answer))
    } else {
      outbox.append(.completed(id, answer))
    }
  }

  /// The lines that became durable.
  mutating func believe(_ history: History) {
    effects.note(lines: history.lines.count)
    believe(history.acceptances)
    if history.lines.count > linesSeen {
      (linesSeen, vainSuccessions) = (history.lines.count, 0)
      closeTamperings()
    }
    if isHealed {
      let began = linesWhenHealed ?? history.lines.count
      linesWhenHealed = began
      isStuck = isStuck || history.lines.count > began + setup.boundOfLines
    }
    // Part by part: a promotion is large, and this is done at every line.
    guard let isPaused = history.replay.promotion?.isPaused,
      let isIdle = history.replay.promotion?.outstanding.isEmpty,
      let isTerminal = history.replay.promotion?.phase.isTerminal
    else { return }
    belief = Belief(
      hasBegun: true, isPaused: isPaused, isIdle: isIdle, isTerminal: isTerminal)
  }

  // MARK: Persons

  /// A person resumes a paused promotion.
  mutating func autoResume() {
    queue.schedule(.autoResume, at: now + 5_000)
    finishWhenAllAreDone()
    guard belief.isPaused, belief.isIdle || isHealed, let leader else { return }
    outbox.append(.ask(leader, Request(action: .resume, actor: "bo", reason: "")))
  }

  mutating func ask(_ action: Request.Action) {
    let request = Request(action: action, actor: "bo", reason: "a fault")
    wish = request
    guard let leader, controllers[leader].state == .alive else { return }
    outbox.append(.ask(leader, request))
    guard belief.hasBegun else { return }
    deliveries.append(
      Delivery(
        action: action, controller: leader, at: clock.moment(now), lines: linesSeen))
  }
}
