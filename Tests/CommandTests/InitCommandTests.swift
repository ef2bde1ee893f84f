import SluiceController
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceCommands

@Suite("sluice init")
struct InitCommandTests {
  let directory: TemporaryDirectory
  let transcript = Transcript()
  var fleet: String { directory("sluice.yaml") }

  init() throws { directory = try TemporaryDirectory() }

  @Test("a person is asked, a mistyped answer is asked again, and the rest is kept")
  func asked() async throws {
    let lines = Mutex([
      "my fleet", "one", "mac-a mac-b", "mac-x", "mac-b", "nowhere", "", "", "10.0.0.2:9",
    ])
    let terminal = transcript.terminal(isJSON: false) {
      lines.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
    let code = await CommandLineProgram.run(["init", "--no-look", "--fleet", fleet], on: terminal)
    #expect(code == .done, "\(transcript.messages)")
    #expect(lines.withLock { $0.isEmpty })
    let written = try FleetLoader.load(fleet)
    #expect(written.name == "my fleet" && written.canaries.map(\.name.rawValue) == ["mac-b"])
    #expect(written.hosts[1].gateway == "10.0.0.2:9" && written.hosts[0].gateway == "mac-a:18789")
    #expect(transcript.messages.contains("one is named"))
    #expect(transcript.messages.contains("\"mac-x\" is no host of the fleet"))
    #expect(transcript.messages.contains("Next:  sluice hosts install --dry-run --fleet"))
  }

  @Test("answers that end too early write nothing")
  func endOfInput() async throws {
    let terminal = transcript.terminal(isJSON: false) { nil }
    let code = await CommandLineProgram.run(["init", "--no-look", "--fleet", fleet], on: terminal)
    #expect(code == .error && transcript.messages.contains("nothing was written"))
    #expect(try Files.names(in: directory.path).isEmpty)
  }

  @Test("options answer without a terminal, and a file is replaced only when told")
  func options() async throws {
    let arguments = [
      "init", "--no-look", "--fleet", fleet, "--name", "f", "--host", "a", "--host", "b",
      "--gateway", "b=10.0.0.2:9",
    ]
    #expect(await transcript.run(arguments) == .done)
    #expect(try FleetLoader.load(fleet).hosts[1].gateway == "10.0.0.2:9")
    #expect(await transcript.run(arguments) == .error)
    #expect(transcript.messages.contains("stays as it is"))
    #expect(await transcript.run(arguments + ["--canary", "b", "--overwrite"]) == .done)
    #expect(try FleetLoader.load(fleet).canaries.map(\.name.rawValue) == ["b"])
  }

  @Test(
    "an option that cannot be is refused, and nothing is written",
    arguments: [
      ["--name", "f"], ["--host", "a"], ["--host", "a", "--host", "b", "--canary", "c"],
      ["--host", "a", "--host", "b", "--gateway", "c=10.0.0.1:1"],
      ["--host", "a", "--host", "b", "--gateway", "a=10.0.0.1"],
    ])
  func refused(options: [String]) async throws {
    #expect(await transcript.run(["init", "--no-look", "--fleet", fleet] + options) == .usage)
    #expect(try Files.names(in: directory.path).isEmpty)
  }

  @Test("the hosts are looked at, and this machine is one of them")
  func looked() async throws {
    let code = await transcript.run(
      "init", "--fleet", fleet, "--host", "here=local", "--host", "away=ssh://nobody@127.0.0.1:1")
    #expect(code == .done, "\(transcript.messages)")
    #expect(transcript.messages.contains("Looking at 2 hosts"))
    let text = try Files.readText(fleet)
    #expect(text.contains("# away: the look failed:"))
    #expect(try FleetLoader.load(fleet).hosts.map(\.name.rawValue) == ["here", "away"])
  }
}
