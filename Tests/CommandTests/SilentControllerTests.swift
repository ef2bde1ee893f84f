import SluiceController
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("A controller that does not answer")
struct SilentControllerTests {
  @Test("one that is stopped is told as stopped, one that runs as one that may hang")
  func state() async throws {
    let directory = try TemporaryDirectory()
    let process = try Processes.spawnDetached(
      ProcessCommand("/bin/sleep", ["600"], environment: [:]), outputPath: directory("log"))
    defer { try? Processes.signal(process, 9) }
    let seen = { SilentController(holder: "sluice controller, process 7", process: process) }
    #expect(seen().sentence.hasSuffix("process 7; it may be stopped or hang"))
    #if os(Linux)
      try Processes.signal(process, 19)
      while Processes.isStopped(process) == false { await Task.yield() }
      #expect(seen().sentence.hasSuffix("process 7; it is stopped"))
    #endif
    let unknown = SilentController(holder: "somebody", process: nil, isStopped: false)
    #expect(unknown.sentence.hasSuffix("somebody; it may be stopped or hang"))
  }
}
