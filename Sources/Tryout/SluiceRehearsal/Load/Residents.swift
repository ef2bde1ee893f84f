import SluiceHTTP
import SluiceSystem
import Synchronization

/// The conversations of a load that live as long as the rehearsal, and those that join in the
/// middle of each act and live to its end.
final class Residents: Sendable {
  private struct Member: Sendable {
    var act = 0
    /// The last roll call that it has answered.
    var rollCall = 0
    var isMoved = false
    var losses: [String] = []
  }

  private struct State: Sendable {
    var act = 0
    var rollCall = 0
    var members: [Int: Member] = [:]
  }

  private let state = Mutex(State())
  private let options: LoadOptions
  private let tally: LoadTally
  /// Conversations of other clients have lower numbers.
  private static let first = 1_000_000
  private static let look = Duration.milliseconds(100)

  init(options: LoadOptions, tally: LoadTally) {
    self.options = options
    self.tally = tally
  }

  // MARK: Acts

  /// Residents that are there from now on are counted for the act. Returns when each has had an
  /// answer, or after as long as a client waits at the most.
  func beginAct() async {
    state.withLock { state in
      state.act += 1
      state.rollCall += 1
      state.members = state.members.filter { $0.key < Self.first + options.residents }
      for number in state.members.keys {
        state.members[number]?.isMoved = false
        state.members[number]?.losses = []
      }
    }
    await awaitAnswers(atLeast: options.residents)
  }

  /// Each takes one more turn; then what became of all.
  func endAct() async -> ConversationCount {
    state.withLock { $0.rollCall += 1 }
    await awaitAnswers(atLeast: options.residents)
    return state.withLock { state in
      var count = ConversationCount()
      for member in state.members.values {
        if !member.losses.isEmpty || member.rollCall < state.rollCall {
          count.lost += 1
          let reasons = member.losses.isEmpty ? ["it did not come back"] : member.losses
          for reason in reasons { count.losses[reason, default: 0] += 1 }
        } else if member.isMoved {
          count.moved += 1
        } else {
          count.kept += 1
        }
      }
      return count
    }
  }

  private func awaitAnswers(atLeast count: Int) async {
    // The turn that is under way may take so long, and so may the one of the roll call.
    let longest = options.patienceMilliseconds + options.answerMilliseconds
    let end = SystemClock.monotonicMilliseconds() + 2 * longest
    while SystemClock.monotonicMilliseconds() < end {
      let isDone = state.withLock { state in
        state.members.count >= count
          && state.members.values.allSatisfy { $0.rollCall >= state.rollCall }
      }
      if isDone || tally.isStopping { return }
      guard (try? await SystemClock.sleep(for: Self.look)) != nil else { return }
    }
  }

  // MARK: Clients

  /// Until the load ends.
  func live(_ client: HTTPClient, in group: inout DiscardingTaskGroup) {
    for index in 0..<options.residents {
      group.addTask { await self.stay(Self.first + index, client, act: nil) }
    }
    for index in 0..<options.lateResidents {
      group.addTask { await self.join(index, client) }
    }
  }

  /// One conversation in every act, begun in its middle.
  private func join(_ index: Int, _ client: HTTPClient) async {
    var seen = 0
    while !tally.isStopping {
      let act = state.withLock { $0.act }
      guard act > seen else {
        guard (try? await SystemClock.sleep(for: Self.look)) != nil else { return }
        continue
      }
      seen = act
      let rollCall = state.withLock { $0.rollCall }
      let pause = Int64(options.residentPauseMilliseconds) * Int64(index % 4 + 1) / 4
      guard await pauses(pause, rollCall: rollCall) == .isOver else { continue }
      let number = Self.first + options.residents + act * options.lateResidents + index
      await stay(number, client, act: act)
    }
  }

  private enum Pause { case isOver, isCalled, isCancelled }

  /// One conversation, to the end of the act that it belongs to.
  private func stay(_ number: Int, _ client: HTTPClient, act: Int?) async {
    var resident = Resident(number: number, options: options, client: client, tally: tally)
    // They do not come back all at once.
    let pause = Int64(options.residentPauseMilliseconds) * Int64(80 + number * 13 % 40) / 100
    while !tally.isStopping {
      let now = state.withLock { ($0.act, $0.rollCall) }
      tally.turnSent()
      let fate = await resident.takeTurn()
      guard note(fate, of: number, act: act, answering: now.1) else { break }
      if await pauses(pause, rollCall: now.1) == .isCancelled { break }
      if let act, state.withLock({ $0.act != act || $0.members[number]?.rollCall == nil }) { break }
    }
    await resident.close()
  }

  /// False when it is over with it.
  private func note(_ fate: Resident.Fate, of number: Int, act: Int?, answering rollCall: Int)
    -> Bool
  {
    state.withLock { state in
      // The act that it joined has been counted.
      if let act, act != state.act { return false }
      var member = state.members[number] ?? Member()
      switch fate {
      case .kept: break
      case .moved: member.isMoved = true
      case .lost(let reason): member.losses.append(reason)
      case .cancelled: return false
      }
      member.rollCall = max(member.rollCall, rollCall)
      state.members[number] = member
      return true
    }
  }

  /// A long pause, which a roll call ends.
  private func pauses(_ milliseconds: Int64, rollCall: Int) async -> Pause {
    let end = SystemClock.monotonicMilliseconds() + milliseconds
    while SystemClock.monotonicMilliseconds() < end {
      guard (try? await SystemClock.sleep(for: Self.look)) != nil, !tally.isStopping else {
        return .isCancelled
      }
      if state.withLock({ $0.rollCall > rollCall }) { return .isCalled }
    }
    return .isOver
  }
}
