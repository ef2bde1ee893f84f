import Foundation
import SluiceSystem
import Testing

@Suite("Actors whose calls block")
struct BlockingExecutorTests {
  actor Blocked {
    private let executor = BlockingExecutor()
    private var calls: [Int] = []
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Whether the semaphore was signalled in time.
    func wait(for semaphore: DispatchSemaphore) -> Bool {
      semaphore.wait(timeout: .now() + 20) == .success
    }

    func note(_ call: Int) { calls.append(call) }
    func noted() -> [Int] { calls }
  }

  @Test("more of them than there are processors leave the pool free to go on")
  func poolStaysFree() async {
    let semaphore = DispatchSemaphore(value: 0)
    let count = 4 * ProcessInfo.processInfo.activeProcessorCount
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<count { group.addTask { await Blocked().wait(for: semaphore) } }
      group.addTask {
        for _ in 0..<count { semaphore.signal() }
        return true
      }
      for await wasSignalled in group { #expect(wasSignalled) }
    }
  }

  @Test("one call at a time, in the order in which one task makes them")
  func serial() async {
    let actor = Blocked()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask { for call in 0..<20 { await actor.note(call) } }
      }
    }
    #expect(await actor.noted().count == 1_000)
    let alone = Blocked()
    for call in 0..<100 { await alone.note(call) }
    #expect(await alone.noted() == Array(0..<100))
  }
}
