import SluiceCore
import SluiceSimulator
import Synchronization
import Testing

@testable import SluiceController

@Suite("A process that was just started")
struct StartWaitTests {
  private let time = SimulatedTime()

  private func outcome(
    runsFor life: Int64 = .max, worksAfter start: Int64 = .max
  ) async -> (StartWait.Outcome, waited: Int64?) {
    let began = time.now()
    let passed = { @Sendable [time] in time.now().milliseconds(since: began) ?? .max }
    let outcome = await StartWait(time: time, deadline: .seconds(60), pause: .milliseconds(50))
      .outcome(isRunning: { passed() < life }, isAtWork: { passed() >= start })
    return (outcome, time.now().milliseconds(since: began))
  }

  @Test("it is waited for until it is at work, a minute at most")
  func work() async {
    #expect(await outcome(worksAfter: 0) == (.atWork, 0))
    #expect(await outcome(worksAfter: 1_000) == (.atWork, 1_000))
    #expect(await outcome(worksAfter: 60_000) == (.atWork, 60_000))
    #expect(await outcome(worksAfter: 60_001) == (.late, 60_000))
    #expect(await outcome() == (.late, 60_000))
  }

  @Test("one that ended is waited for no longer")
  func ended() async {
    #expect(await outcome(runsFor: 300) == (.ended, 300))
    #expect(await outcome(runsFor: 0) == (.ended, 0))
  }

  @Test("one that did all its work between two looks has begun, though it ended")
  func quick() async {
    let looks = Mutex(0)
    let outcome = await StartWait(time: time, deadline: .seconds(60), pause: .milliseconds(50))
      .outcome(
        isRunning: { false },
        isAtWork: {
          looks.withLock {
            $0 += 1
            return $0 == 2
          }
        })
    #expect(outcome == .atWork)
  }

  @Test("a command that is interrupted says so")
  func interrupted() async {
    let wait = StartWait(time: time, deadline: .seconds(60), pause: .milliseconds(50))
    let task = Task { () -> StartWait.Outcome in
      withUnsafeCurrentTask { $0?.cancel() }
      return await wait.outcome(isRunning: { true }, isAtWork: { false })
    }
    #expect(await task.value == .interrupted)
  }

  @Test("a promotion is named by the time in digits, and two of the same moment differ")
  func names() {
    let names = (0..<20).map { _ in PromotionID.new(at: 1_795_482_478_120).rawValue }
    #expect(names.allSatisfy { $0.wholeMatch(of: /20261124-010758-[0-9a-f]{4}/) != nil })
    #expect(Set(names).count > 1)
  }
}
