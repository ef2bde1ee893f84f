import Foundation
import SluiceSystem
import Synchronization
import Testing

@testable import OpenClawStandIn

@Suite("The stand-in's command line")
struct StandInProgramTests {
  struct Outcome {
    let exit: Int32
    let out: String
    let err: String
  }

  private func openclaw(
    _ host: StandInHost, _ arguments: String..., config: String? = nil
  ) async throws -> Outcome {
    try Files.makeDirectory(host.state)
    if let config {
      try Files.replace("\(host.state)/openclaw.json", with: Array(config.utf8), durable: false)
    }
    let sink = Sink()
    let program = StandInProgram(
      arguments: arguments, environment: ["OPENCLAW_STATE_DIR": host.state], streams: sink.streams)
    let exit = await program.run()
    return Outcome(exit: exit, out: sink.out.withLock { $0 }, err: sink.err.withLock { $0 })
  }

  private final class Sink: Sendable {
    let out = Mutex("")
    let err = Mutex("")
    var streams: ProgramStreams {
      ProgramStreams(
        out: { text in self.out.withLock { $0 += text } },
        err: { text in self.err.withLock { $0 += text } })
    }
  }

  private func config(_ host: StandInHost, _ more: String = "") -> String {
    """
    {gateway: {mode: "local", port: \(host.port), bind: "loopback", auth: {token: "secret"}},
     skills: {load: {extraDirs: ["\(host.skills)/current"]}},
     // JSON5, as the real one reads it
     standin: {startMs: 60, doctorMs: 0}, \(more)}
    """
  }

  /// The recorded answer with this test's paths instead of its own.
  private func recorded(_ name: String, _ host: StandInHost) throws -> Outcome {
    let recording = try recording(name)
    func text(_ key: String) -> String {
      (recording[key]?.text ?? "")
        .replacingOccurrences(of: "/Users/op/.openclaw", with: host.state)
        .replacingOccurrences(of: "~/.openclaw", with: host.state)
    }
    return Outcome(
      exit: Int32(recording["exit"]?.whole ?? -1), out: text("stdout"), err: text("stderr"))
  }

  private func expect(_ ours: Outcome, like name: String, _ host: StandInHost) throws {
    let real = try recorded(name, host)
    #expect(ours.exit == real.exit, "\(name)")
    #expect(ours.out == real.out, "\(name)")
  }

  @Test("says its version as recorded")
  func version() async throws {
    let host = try StandInHost()
    try expect(try await openclaw(host, "--version"), like: "version", host)
    try expect(try await openclaw(host, "-V"), like: "version", host)
  }

  @Test("validates a configuration with the recorded answers, to the byte")
  func validate() async throws {
    let host = try StandInHost()
    try expect(
      try await openclaw(host, "config", "validate", "--json"), like: "config-validate-missing",
      host)
    let good = config(host)
    try expect(
      try await openclaw(host, "config", "validate", "--json", config: good),
      like: "config-validate-good", host)
    try expect(
      try await openclaw(
        host, "config", "validate", "--json", config: config(host, "gatewayy: {}")),
      like: "config-validate-unknown-key", host)
    let wrong = good.replacingOccurrences(
      of: "[\"\(host.skills)/current\"]", with: "\"\(host.skills)/current\"")
    try expect(
      try await openclaw(host, "config", "validate", "--json", config: wrong),
      like: "config-validate-wrong-type", host)
    let cut = try await openclaw(host, "config", "validate", "--json", config: "{\"gateway\":")
    #expect(cut.exit == 1)
    let answer = try #require(JSON.parse(Array(cut.out.utf8)))
    let message = answer["issues"]?.items?.first?["message"]?.text
    #expect(message?.hasPrefix("JSON5 parse failed: SyntaxError: JSON5: ") == true)
  }

  @Test("Doctor answers as recorded: never without warnings, without errors all the same")
  func doctor() async throws {
    let host = try StandInHost()
    try expect(
      try await openclaw(host, "doctor", "--lint", "--json", config: config(host)),
      like: "doctor-lint-configured", host)
    try expect(
      try await openclaw(host, "doctor", "--lint", "--json", "--severity-min", "error"),
      like: "doctor-lint-configured-errors", host)
    try expect(
      try await openclaw(
        host, "doctor", "--lint", "--json", config: config(host, "gatewayy: {}")),
      like: "doctor-lint-unknown-key", host)
    let unknown = try await openclaw(host, "doctor", "--tenant", "acme", "--json")
    #expect(unknown.exit == 1)
    let real = try #require(try recording("unknown-flag")["stdout"]?.text)
    let expected = try #require(JSON.parse(Array(real.utf8)))
    let found = try #require(JSON.parse(Array(unknown.out.utf8)))
    #expect(shapeDifferences(expected, found) == [])
  }

  @Test("Doctor hands on what the release's quality says")
  func findings() async throws {
    let host = try StandInHost()
    let finding = #"{"checkId":"pack/x","severity":"error","message":"bad"}"#
    try host.release("1.4.2", quality: "{\"doctorFindings\":[\(finding)]}")
    try host.swing(to: "1.4.2")
    let ours = try await openclaw(
      host, "doctor", "--lint", "--json", "--severity-min", "error", config: config(host))
    #expect(ours.exit == 1)
    let findings = JSON.parse(Array(ours.out.utf8))?["findings"]?.items
    #expect(findings?.map { $0["checkId"] } == ["pack/x"])
  }

  @Test("a gateway does not start on a bad configuration: 78")
  func badConfiguration() async throws {
    let host = try StandInHost()
    #expect(try await openclaw(host, "gateway", "run").exit == 78)
    #expect(try await openclaw(host, "gateway", "run", config: "{").exit == 78)
    let unknown = try await openclaw(
      host, "gateway", "run", config: config(host, "gatewayy: {}"))
    #expect(unknown.exit == 78)
    #expect(unknown.err.contains("<root>: Unrecognized key: \"gatewayy\""))
    let untold = config(host).replacingOccurrences(of: "auth: {token: \"secret\"}", with: "")
    #expect(try await openclaw(host, "gateway", "run", config: untold).exit == 78)
  }

  @Test("as a process: serves, ends on SIGTERM, and leaves its state for the next")
  func process() async throws {
    let host = try StandInHost()
    try Files.makeDirectory(host.state)
    try Files.replace(
      "\(host.state)/openclaw.json", with: Array(config(host).utf8), durable: false)
    let products = Bundle.module.bundleURL.deletingLastPathComponent()
    let command = ProcessCommand(
      products.appending(path: "openclaw-standin").path, ["gateway", "run"],
      environment: ["OPENCLAW_STATE_DIR": host.state])
    for round in 1...2 {
      let log = "\(host.directory.path)/log"
      let process = try Processes.spawnDetached(command, outputPath: log)
      try await host.untilReady()
      #expect(try host.starts().count == round)
      #expect(try host.starts()[round - 1].contains("pid=\(process.pid) "))
      try Processes.signal(process, 15)
      #expect(await Processes.waitForExit(process, deadline: .seconds(20)))
      #expect(try Files.readText(log).split(separator: "\n").last?.hasSuffix("stopped") == true)
    }
  }

  // MARK: Builds

  private func build(_ host: StandInHost, _ version: String, _ schemas: String) throws -> String {
    let package = "\(host.directory.path)/builds/\(version)/node_modules/openclaw"
    try Files.makeDirectory(package)
    try Files.replace(
      "\(package)/package.json",
      with: Array(#"{"version": "\#(version)", "openclaw": {"schemaVersions": \#(schemas)}}"#.utf8))
    return package
  }

  private func run(_ host: StandInHost, _ package: String, _ arguments: String...) async
    -> Outcome
  {
    let sink = Sink()
    let program = StandInProgram(
      arguments: arguments,
      environment: ["OPENCLAW_STATE_DIR": host.state, "OPENCLAW_STANDIN_BUILD": package],
      streams: sink.streams)
    let exit = await program.run()
    return Outcome(exit: exit, out: sink.out.withLock { $0 }, err: sink.err.withLock { $0 })
  }

  @Test("as a build it refuses a newer state with the real one's words and exit code")
  func newerState() async throws {
    let host = try StandInHost()
    let old = try build(host, "2026.9.4", #"{"state": 17, "agent": 19}"#)
    try Files.makeDirectory("\(host.state)/state")
    try Files.replace(
      "\(host.state)/openclaw.json", with: Array(config(host).utf8), durable: false)
    try Files.replace(
      "\(host.state)/state/schema.json", with: Array(#"{"state":18,"agent":23}"#.utf8))
    let url = try #require(
      Bundle.module.url(
        forResource: "Fixtures/2026.9.4/gateway-newer-state", withExtension: "json"))
    let recording = try #require(JSON.parse(Array(try Data(contentsOf: url))))
    let outcome = await run(host, old, "gateway", "run")
    #expect(outcome.exit == Int32(recording["exit"]?.whole ?? 0))
    let expected = (recording["log"]?.text ?? "")
      .replacingOccurrences(of: "/Users/op/.openclaw/state/openclaw.sqlite", with: "STATE")
      .replacingOccurrences(of: " (3a9d69d)", with: "")
      .replacingOccurrences(
        of: "/var/db/openclaw/builds/2026.9.4/node_modules/openclaw", with: "BUILD")
    let said = outcome.err
      .replacingOccurrences(of: "\(host.state)/state/schema.json", with: "STATE")
      .replacingOccurrences(of: old, with: "BUILD")
    #expect(said == expected)
    #expect(await run(host, old, "--version").out.hasPrefix("OpenClaw 2026.9.4 ("))
  }

  @Test("as a build it migrates an older state in place at its start")
  func migrates() throws {
    let host = try StandInHost()
    let schema = StateSchema(stateDirectory: host.state)
    let old = try #require(
      StandInBuild(directory: try build(host, "2026.9.4", #"{"state": 17, "agent": 19}"#)))
    let new = try #require(
      StandInBuild(directory: try build(host, "2026.9.6", #"{"state": 18, "agent": 23}"#)))
    #expect(try schema.open(as: old) == nil)
    #expect(try schema.open(as: new) == nil)
    #expect(
      try Files.readText("\(host.state)/state/schema.json") == #"{"state":18,"agent":23}"# + "\n")
    #expect(try schema.open(as: old) != nil)
    #expect(try schema.open(as: new) == nil)
  }
}
