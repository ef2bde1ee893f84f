import SluiceSystem
import Testing

@Suite("Programs that answer and do not end", .serialized)
struct AnswerWatchTests {
  private func run(
    _ script: String, deadline: Duration = .seconds(300), silence: Duration = .milliseconds(200),
    isWhole: @escaping @Sendable ([UInt8]) -> Bool = { $0.last == UInt8(ascii: "}") }
  ) async throws -> ProcessOutcome {
    try await Processes.run(
      ProcessCommand(
        "/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], deadline: deadline),
      until: AnswerWatch(silence: silence, isWhole: isWhole))
  }

  @Test("a whole answer and then silence: the group is ended, also where it ignores SIGTERM")
  func silent() async throws {
    let outcome = try await run("trap '' TERM; sleep 600 & echo $!; printf '{}'; wait; sleep 600")
    #expect(outcome.endedAfterAnswer && !outcome.timedOut)
    let child = try #require(outcome.outputText.split(separator: "\n").first.flatMap { Int32($0) })
    #expect(await eventually { Processes.identity(of: child) == nil })
  }

  @Test("an answer that is still growing is not cut")
  func growing() async throws {
    let outcome = try await run("printf '{'; sleep 1; printf '\"a\":1}'; exit 3")
    #expect(outcome.outputText == "{\"a\":1}" && outcome.termination == .exited(3))
    #expect(!outcome.endedAfterAnswer && !outcome.timedOut)
  }

  @Test("at the deadline a whole answer counts, a part of one does not")
  func deadline() async throws {
    let talks = "printf '{}'; while :; do echo x >&2; sleep 0.05; done"
    let whole = try await run(talks, deadline: .milliseconds(600), silence: .seconds(300))
    #expect(whole.endedAfterAnswer && !whole.timedOut)
    let part = try await run("printf '{'; exec sleep 600", deadline: .milliseconds(300))
    #expect(part.timedOut && !part.endedAfterAnswer)
  }

  @Test("output beyond the limit is no answer")
  func truncated() async throws {
    let outcome = try await Processes.run(
      ProcessCommand(
        "/bin/sh", ["-c", "printf '{}xxxxxxxxxxxx}'; exec sleep 600"],
        environment: ["PATH": "/usr/bin:/bin"], deadline: .milliseconds(400), outputLimit: 4),
      until: AnswerWatch(silence: .milliseconds(50)) { _ in true })
    #expect(outcome.timedOut && outcome.outputTruncated)
  }

  private func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<500 {
      if condition() { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return false
  }
}
