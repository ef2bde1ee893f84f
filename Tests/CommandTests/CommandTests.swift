import SluiceArguments
import SluiceCore
import SluiceJSON
import SluiceLedger
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceCommands

/// The output of a command.
final class Transcript: Sendable {
  private let spoken = Mutex((data: "", messages: ""))

  var data: String { spoken.withLock { $0.data } }
  var messages: String { spoken.withLock { $0.messages } }

  func run(_ arguments: String...) async -> ExitCode { await run(arguments) }

  func run(_ arguments: [String]) async -> ExitCode {
    await CommandLineProgram.run(
      arguments, on: terminal(isJSON: arguments.contains("--json")))
  }

  func terminal(
    isJSON: Bool, readLine: (@Sendable () async -> String?)? = nil
  ) -> Terminal {
    Terminal(style: .plain, isJSON: isJSON, readLine: readLine) { text, isMessage in
      self.spoken.withLock {
        if isMessage { $0.messages += text } else { $0.data += text }
      }
    }
  }
}

@Suite("Commands")
struct CommandTests {
  let directory: TemporaryDirectory
  let transcript = Transcript()
  var fleet: String { directory("sluice.yaml") }

  init() throws { directory = try TemporaryDirectory() }

  /// A fleet whose ledger is in the test's own directory.
  func writeFleet() throws {
    let writer = "writer: {ledger: \(directory("promotions.jsonl"))}\n"
    try Files.create(fleet, with: Array((InitCommand.template + writer).utf8), mode: 0o600)
  }

  @Test("the declarations hold together, and every example can be typed")
  func declarations() { #expect(CommandLineProgram.spec.problems().isEmpty) }

  @Test("init writes a fleet that can be read, and never over another one")
  func initialize() async throws {
    #expect(await transcript.run("init", "--fleet", fleet) == .done)
    let written = try Files.readText(fleet)
    #expect(await transcript.run("init", "--fleet", fleet) == .error)
    #expect(try Files.readText(fleet) == written)
    #expect(transcript.messages.contains("stays as it is"))
  }

  @Test("help touches nothing", arguments: CommandLineProgram.verbs.map(\.spec.name))
  func help(verb: String) async throws {
    #expect(await transcript.run(verb, "--help", "--fleet", fleet) == .done)
    #expect(transcript.data.contains("Usage: sluice \(verb)"))
    #expect(try Files.names(in: directory.path).isEmpty)
  }

  @Test("a mistyped verb is told which one was meant, with exit code 64")
  func mistyped() async {
    #expect(await transcript.run("statsu") == .usage)
    #expect(transcript.messages.contains("Did you mean sluice status?"))
    #expect(transcript.data.isEmpty)
  }

  @Test("a rehearsal is stopped by its directory, whatever was restarted in it; twice is fine")
  func stopRehearsal() async throws {
    let process = try Processes.spawnDetached(
      ProcessCommand("/bin/sleep", ["600"], environment: [:]), outputPath: directory("log"))
    defer { try? Processes.signal(process, 9) }
    try Files.makeDirectory(directory("hosts/mac-b"))
    let record = ProcessRecordText(process: process)
    try Files.create(
      directory("hosts/mac-b/gateway.process"), with: try CanonicalJSON.bytes(record), mode: 0o600)
    let arguments = ["rehearse", "--stop", "--dir", directory.path]
    #expect(await transcript.run(arguments) == .done)
    #expect(transcript.data == "Ended: gateway-mac-b\n")
    #expect(!Processes.isRunning(process))
    #expect(await transcript.run(arguments) == .done)
    #expect(transcript.data.hasSuffix("No process of \(directory.path) runs.\n"))
    #expect(await transcript.run("rehearse", "--stop") == .usage)
  }

  /// As a service manager leaves it.
  private struct ProcessRecordText: Codable {
    var schema = "sluice.process/1"
    let process: ProcessIdentity
  }

  @Test("without a fleet, a command says how to get one")
  func noFleet() async {
    #expect(await transcript.run("status", "--fleet", fleet) == .error)
    #expect(transcript.messages.contains("sluice init"))
  }

  @Test("reading commands create nothing, and speak of an empty ledger")
  func emptyLedger() async throws {
    try writeFleet()
    #expect(await transcript.run("status", "--ledger", "--fleet", fleet) == .done)
    #expect(transcript.data.contains("no promotion yet"))
    #expect(await transcript.run("audit", "log", "--fleet", fleet) == .done)
    #expect(await transcript.run("explain", "--fleet", fleet) == .done)
    #expect(try Files.names(in: directory.path) == ["sluice.yaml"])
  }

  @Test("an altered ledger is named with its line, and none of its lines is believed")
  func alteredLedger() async throws {
    try writeFleet()
    try Files.create(
      directory("promotions.jsonl"), with: Array("{\"n\":0}\n".utf8), mode: 0o600)
    #expect(await transcript.run("status", "--fleet", fleet) == .error)
    #expect(transcript.data.contains("promotions.jsonl:1:"))
    #expect(transcript.data.contains("The screen shows the 0 lines before"))
  }

  @Test("data is one JSON document when asked for")
  func json() async throws {
    try writeFleet()
    #expect(await transcript.run("status", "--json", "--fleet", fleet) == .done)
    #expect(
      transcript.data
        == "{\"balancer\":[],\"drill\":null,\"promotion\":null,\"schema\":\"sluice.status/1\"}\n")
  }

  @Test("completions and the manual page come from the same declarations")
  func completion() async {
    for shell in ["bash", "zsh", "fish", "man"] {
      let transcript = Transcript()
      #expect(await transcript.run("completion", shell) == .done)
      for verb in CommandLineProgram.verbs { #expect(transcript.data.contains(verb.spec.name)) }
    }
  }
}
