import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceAgent

@Suite("The intent of an operation, and waits")
struct OperationIntentTests {
  @Test("an operation whose intent cannot be written is not begun")
  func unwritten() async throws {
    let directory = try TemporaryDirectory()
    let state = try OperationState(directory: directory("state"), time: WallTime())
    let id = OperationID(rawValue: "p/1")
    // Nothing can be written below a file.
    try Files.removeTree(directory("state/operations"))
    try Files.replace(directory("state/operations"), with: [1], durable: false)
    let error = await portError { _ = try await state.begin(id, Epoch(1), .accept([])) }
    #expect(error.message.contains("operations"), "\(error.message)")
    #expect(await state.operation(id) == nil)
    try Files.removeFile(directory("state/operations"))
    try Files.makeDirectory(directory("state/operations"))
    #expect(try await state.begin(id, Epoch(1), .accept([])).state == .running)
  }

  /// Counts the sleeps, and does not sleep.
  private final class CountedTime: Time {
    let slept = Mutex<[Duration]>([])
    let isCancelled: Bool

    init(isCancelled: Bool) { self.isCancelled = isCancelled }

    func now() -> Moment { WallTime().now() }
    func sleep(for duration: Duration) async throws(CancellationError) {
      slept.withLock { $0.append(duration) }
      if isCancelled { throw CancellationError() }
    }
  }

  @Test("a pause sleeps, and a cancelled one says that the agent is stopping")
  func pause() async throws {
    let time = CountedTime(isCancelled: false)
    try await time.pause(250)
    #expect(time.slept.withLock { $0 } == [.milliseconds(250)])
    let error = await portError { try await CountedTime(isCancelled: true).pause(1) }
    #expect(error.kind == .unknown && error.message == "the agent is stopping")
  }
}
