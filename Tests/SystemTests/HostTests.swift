import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

/// Listens for one SIGUSR1, and lets go of the stream.
private func hearOne() async {
  let stream = SignalStream.signals([SIGUSR1])
  kill(getpid(), SIGUSR1)
  for await _ in stream { return }
}

@Suite("Signals, sleep and the host", .serialized)
struct HostTests {
  @Test("signals come as values, to everyone who asked for them")
  func signals() async throws {
    let one = SignalStream.signals([SIGUSR1])
    let both = SignalStream.signals([SIGUSR1, SIGUSR2])
    #expect(kill(getpid(), SIGUSR1) == 0)
    var first = one.makeAsyncIterator()
    var second = both.makeAsyncIterator()
    #expect(await first.next() == SIGUSR1)
    #expect(await second.next() == SIGUSR1)
    #expect(kill(getpid(), SIGUSR2) == 0)
    #expect(await second.next() == SIGUSR2)
  }

  @Test("with its last listener gone, a signal does again what it does by default")
  func signalDefault() async {
    await #expect(processExitsWith: .signal(SIGUSR1)) {
      await hearOne()
      // With the stream gone the default is back, if not at once.
      for _ in 0..<500 {
        kill(getpid(), SIGUSR1)
        try? await SystemClock.sleep(for: .milliseconds(10))
      }
    }
  }

  @Test("an ignored signal does nothing, and a child is born with the default")
  func ignored() async throws {
    SignalStream.ignore(SIGUSR2)
    #expect(kill(getpid(), SIGUSR2) == 0)
    let outcome = try await Processes.run(
      ProcessCommand("/bin/sh", ["-c", "kill -USR2 $$; echo survived"]))
    #expect(outcome.termination == .signalled(SIGUSR2))
    #expect(outcome.outputText == "")
  }

  @Test("sleep takes at least its time, and a cancelled one ends at once")
  func sleep() async throws {
    let began = SystemClock.monotonicNanoseconds()
    try await SystemClock.sleep(for: .milliseconds(20))
    #expect(SystemClock.monotonicNanoseconds() - began >= 20_000_000)
    try await SystemClock.sleep(for: .seconds(-1))
    let long = Task { try await SystemClock.sleep(for: .seconds(1_000_000_000_000)) }
    long.cancel()
    await #expect(throws: CancellationError.self) { try await long.value }
  }

  @Test("a thousand sleepers need no thousand threads")
  func sleepers() async throws {
    let threads = Mutex(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<1_000 {
        group.addTask { try await SystemClock.sleep(for: .milliseconds(100)) }
      }
      if Platform.current == .linux {
        let text = try Files.readText("/proc/self/status", limit: 65_536)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Threads:") })
        let count = try #require(Int(line.split(separator: "\t")[1]))
        threads.withLock { $0 = count }
      }
      try await group.waitForAll()
    }
    #expect(threads.withLock { $0 } < 500)
  }

  @Test("the host's facts agree with its own tools")
  func facts() async throws {
    let environment = ["PATH": "/usr/bin:/bin:/usr/sbin"]
    func tool(_ name: String, _ arguments: String...) async throws -> String {
      let outcome = try await Processes.run(
        ProcessCommand(try requireTool(name), arguments, environment: environment))
      return String(outcome.outputText.dropLast())
    }
    #expect(try await HostFacts.hostName == tool("uname", "-n"))
    #expect(try await HostFacts.userName == tool("id", "-un"))
    #expect(try await HostFacts.processorCount == Int(tool("getconf", "_NPROCESSORS_ONLN")))
    #expect(HostFacts.residentBytes > 1 << 20)
    #expect(HostFacts.executablePath().hasPrefix("/"))
    #expect(try Files.status(of: HostFacts.executablePath())?.kind == .regular)
  }

  @Test("random names are as long as asked for and never twice the same")
  func randomness() {
    let names = Set((0..<1_000).map { _ in Randomness.hexadecimal(bytes: 8) })
    #expect(names.count == 1_000)
    #expect(names.allSatisfy { $0.utf8.count == 16 })
  }
}
