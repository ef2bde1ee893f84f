import SluiceCore
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands

/// Only what changes nothing on this machine: the steps themselves are tested in InstallTests.
@Suite("sluice hosts")
struct HostsCommandTests {
  let directory: TemporaryDirectory
  let transcript = Transcript()
  private var fleet: String { directory("sluice.yaml") }

  init() throws {
    directory = try TemporaryDirectory()
    let text = ThreeHosts.text(in: directory.path).replacing(
      "    socket:", with: "    paths: {state: \(directory("db"))}\n    socket:")
    try Files.create(fleet, with: Array(text.utf8), mode: 0o600)
  }

  @Test("a dry run prints the steps of every host, and does none of them")
  func dryRun() async throws {
    let before = try Files.names(in: directory.path)
    let code = await transcript.run(
      "hosts", "install", "--dry-run", "--program", "\(products)/sluice", "--fleet", fleet)
    #expect(code == .done, "\(transcript.messages)")
    for host in ["mac-a", "mac-b", "mac-c"] { #expect(transcript.messages.contains("\n\(host)\n")) }
    #expect(transcript.messages.contains("would    copy the program to"))
    #expect(transcript.messages.contains("would    copy sluice.yaml to"))
    #expect(try Files.names(in: directory.path) == before)
  }

  @Test("only the named hosts are shown, and a stranger is refused")
  func named() async throws {
    let one = ["hosts", "uninstall", "mac-b", "--dry-run", "--fleet", fleet]
    #expect(await transcript.run(one) == .done)
    #expect(transcript.messages.contains("mac-b") && !transcript.messages.contains("mac-a"))
    #expect(transcript.messages.contains("already: remove program and sluice.yaml"))
    #expect(await transcript.run(["hosts", "install", "mac-x", "--fleet", fleet]) == .usage)
    #expect(transcript.messages.contains("sluice.yaml names no host mac-x"))
  }

  @Test("an upgrade of a host without Sluice says how to install it, and stops there")
  func upgrade() async throws {
    #expect(await transcript.run(["hosts", "upgrade", "--fleet", fleet]) == .error)
    #expect(transcript.messages.contains("Sluice is not installed there"))
    #expect(!transcript.messages.contains("\nmac-b\n"))
  }
}
