import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("A lock that is released while children start")
struct LockReleaseTests {
  @Test("It is free at once: a child between fork and exec does not hold it")
  func release() async throws {
    let home = try TemporaryDirectory()
    // In /bin on Linux, in /usr/bin on macOS.
    let nothing = try requireTool("true")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          while !Task.isCancelled {
            _ = try? await Processes.run(ProcessCommand(nothing))
          }
        }
      }
      // Lets the children be forked at any point of the lock's life.
      for _ in 0..<300 {
        let lock = try FileLock.tryAcquire(home("lock"), note: "test")
        try #require(lock != nil)
        lock?.release()
        await Task.yield()
      }
      group.cancelAll()
    }
  }
}
