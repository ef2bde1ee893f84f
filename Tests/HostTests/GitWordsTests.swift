import SluicePorts
import SluiceTestSupport
import Testing

@testable import SluiceHost
@testable import SluiceSystem

@Suite("What is said of a git that failed")
struct GitWordsTests {
  private func outcome(
    _ errors: String, _ termination: ProcessOutcome.Termination = .exited(128),
    timedOut: Bool = false
  ) -> ProcessOutcome {
    ProcessOutcome(
      termination: termination, standardOutput: [], standardError: Array(errors.utf8),
      outputTruncated: false, timedOut: timedOut, duration: .zero)
  }

  private let git = Git(program: "/usr/bin/git", directory: "/srv/infra", environment: [:])

  @Test(
    "the line that says why is told, else the first, else how git ended",
    arguments: [
      ("warning: x\nfatal: no such ref\nhint: y\n", "fatal: no such ref"),
      ("warning: x\nerror: cannot lock ref\n", "error: cannot lock ref"),
      ("something went wrong\nmore of it\n", "something went wrong"),
    ])
  func reason(_ errors: String, _ reason: String) {
    let error = git.failure(["fetch", "--quiet"], outcome(errors))
    #expect(error.kind == .failed)
    #expect(error.message == "git fetch in /srv/infra: \(reason)")
    #expect(error.remedy == "Run the same in /srv/infra by hand to see all that git says.")
  }

  @Test(
    "a git that says nothing, one that hangs and one in somebody else's checkout are told as such")
  func others() {
    let silent = git.failure(["status"], outcome("", .signalled(9)))
    #expect(silent.message.contains("git status in /srv/infra: signalled(9)"))
    let late = git.failure(["fetch", "x"], outcome("fatal: x", timedOut: true))
    #expect(late.message == "git fetch in /srv/infra did not end in time")
    #expect(late.remedy?.contains("a lock file of a dead git") == true)
    let owner = git.failure(["status"], outcome("fatal: detected dubious ownership in x\n"))
    #expect(owner.remedy?.contains("change its owner") == true)
  }

  @Test("an answer that is too long is none, and which command gave it is told with the bound")
  func tooLong() async throws {
    let home = try TemporaryDirectory()
    try Files.replace(
      home("git"), with: Array("#!/bin/sh\nhead -c 2097153 /dev/zero\n".utf8), mode: 0o755)
    let git = Git(
      program: home("git"), directory: home.path, environment: ["PATH": "/usr/bin:/bin"])
    let error = await portError { _ = try await git.output(["ls-files", "-z"], limit: 2 << 20) }
    #expect(error.kind == .failed)
    #expect(error.message == "git ls-files in \(home.path) wrote more than 2 MiB")
    #expect(error.remedy?.contains("out of the infra repository") == true)
    #expect(try await git.output(["ls-files"], limit: 2_097_153).count == 2_097_153)
  }
}
