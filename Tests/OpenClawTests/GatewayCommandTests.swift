import Foundation
import SluiceCore
import SluiceHTTP
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import OpenClawStandIn

@Suite("Doctor, the configuration and the webhook digest")
struct GatewayCommandTests {
  private static let standIn = Bundle.module.bundleURL.deletingLastPathComponent()
    .appending(path: "openclaw-standin").path

  private func configure(_ host: StandInHost, _ more: String = "") throws {
    try Files.makeDirectory(host.state)
    let text = """
      {gateway: {mode: "local", port: \(host.port), bind: "loopback", auth: {token: "secret"}},
       skills: {load: {extraDirs: ["\(host.skills)/current"]}}, standin: {doctorMs: 0}, \(more)}
      """
    try Files.replace("\(host.state)/openclaw.json", with: Array(text.utf8), durable: false)
  }

  /// A program that answers as the script says, whatever it is asked.
  private func program(
    _ script: String, in directory: TemporaryDirectory, _ deadline: Duration = .seconds(300)
  ) throws -> OpenClawGateway {
    let path = directory("openclaw-\(Randomness.hexadecimal(bytes: 4))")
    try Files.replace(path, with: Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o755, durable: false)
    var deadlines = OpenClawDeadlines()
    deadlines.command = deadline
    return try OpenClawGateway.forTest(
      "127.0.0.1:1", in: directory, client: HTTPClient(), cli: path, deadlines: deadlines)
  }

  @Test("Doctor's findings of the stand-in's program, with the bytes it wrote")
  func doctor() async throws {
    let host = try StandInHost.marked()
    try configure(host)
    let report = try await host.control(cli: Self.standIn).doctor()
    #expect(
      report.findings.map(\.check) == [
        "core/doctor/heartbeat-cadence-migration", "core/doctor/node-hosting-preconditions",
        "core/doctor/security",
      ])
    #expect(report.findings.allSatisfy { $0.severity == .warning })
    #expect(report.findings[0].target == "main")
    #expect(report.findings[0].requirement == "heartbeat-monitor-create")
    #expect(report.findings[0].path == "\(host.state)/cron/jobs.json")
    #expect(JSON.parse(report.raw)?["findings"]?.items?.count == 3)
  }

  @Test("what a release's quality makes Doctor find is found")
  func qualityFindings() async throws {
    let host = try StandInHost.marked()
    let finding = #"{"checkId":"pack/x","severity":"error","message":"bad"}"#
    try host.release("1.4.2", quality: "{\"doctorFindings\":[\(finding)]}")
    try host.swing(to: "1.4.2")
    try configure(host)
    let findings = try await host.control(cli: Self.standIn).doctor().findings
    #expect(findings.filter { $0.severity == .error }.map(\.check) == ["pack/x"])
  }

  @Test("a valid configuration has no faults, another names each")
  func configuration() async throws {
    let host = try StandInHost.marked()
    let control = try host.control(cli: Self.standIn)
    #expect(try await control.configurationFaults() == ["file not found"])
    try configure(host)
    #expect(try await control.configurationFaults() == [])
    try configure(host, "gatewayy: {}")
    #expect(
      try await control.configurationFaults() == ["<root>: Unrecognized key: \"gatewayy\""])
  }

  @Test(
    "the recorded answers of the real program",
    arguments: [
      ("config-validate-good", []), ("config-validate-missing", ["file not found"]),
      ("config-validate-unknown-key", ["<root>: Unrecognized key: \"gatewayy\""]),
      (
        "config-validate-wrong-type",
        ["skills.load.extraDirs: Invalid input: expected array, received string"]
      ),
    ])
  func recordedConfiguration(name: String, faults: [String]) async throws {
    let directory = try TemporaryDirectory()
    #expect(try await replay(name, in: directory).configurationFaults() == faults)
  }

  @Test("the recorded reports of the real Doctor, exit code 1 with findings, 0 without")
  func recordedDoctor() async throws {
    let directory = try TemporaryDirectory()
    let usual = try await replay("doctor-lint-configured", in: directory).doctor()
    #expect(usual.findings.count == 3)
    #expect(
      try await replay("doctor-lint-configured-errors", in: directory).doctor().findings == [])
    let broken = try await replay("doctor-lint-unknown-key", in: directory).doctor()
    #expect(broken.findings.map(\.severity) == [.error])
    #expect(broken.findings[0].path == "<root>")
    let error = try await failure {
      try await replay("unknown-flag", in: directory).doctor()
    }
    #expect(error.kind == .refused)
    #expect(error.message.contains("cannot check its configuration by command"))
  }

  private func replay(
    _ name: String, in directory: TemporaryDirectory
  ) throws -> OpenClawGateway {
    let recorded = try recording(name)
    let file = directory("\(name).out")
    let output = try #require(recorded["stdout"]?.text)
    try Files.replace(file, with: Array(output.utf8), durable: false)
    return try program("cat '\(file)'; exit \(recorded["exit"]?.whole ?? 0)", in: directory)
  }

  @Test("runs with the host's environment and nothing else, and never lets Doctor repair")
  func arguments() async throws {
    let directory = try TemporaryDirectory()
    let seen = directory("seen")
    let script = """
      { echo "$@"; env | grep -v -e ^PWD= -e ^SHLVL= -e ^_=; } > '\(seen)'
      echo '{"findings":[{"checkId":"a","severity":"catastrophe"},{"checkId":"b","severity":"info"}]}'
      """
    let findings = try await program(script, in: directory).doctor().findings
    #expect(findings.map(\.check) == ["a"])
    #expect(findings.map(\.severity) == [.error], "an unknown severity is taken seriously")
    #expect(
      try Files.readText(seen) == "doctor --lint --json --severity-min warning\n")
  }

  @Test("a program that is not there, dawdles, babbles or dies gives an error, not a report")
  func faults() async throws {
    let directory = try TemporaryDirectory()
    func error(_ script: String, _ deadline: Duration = .seconds(300)) async throws -> PortError {
      let control = try program(script, in: directory, deadline)
      return try await failure { try await control.doctor() }
    }
    let missing = try await failure {
      try await OpenClawGateway.forTest(
        "127.0.0.1:1", in: directory, client: HTTPClient()
      ).doctor()
    }
    #expect(missing.message.contains("/nowhere/openclaw cannot be run"))
    #expect(missing.remedy?.contains("openclaw.cli") == true)
    let slow = try await error("exec sleep 600", .milliseconds(200))
    #expect(slow.message.contains("did not end within 200 ms"))
    let long = try await error("exec head -c 6000000 /dev/zero")
    #expect(long.message.contains("wrote more than 4 MiB"))
    let dead = try await error("kill -9 $$")
    #expect(dead.message.contains("signal 9"))
    let silent = try await error("echo trouble >&2; exit 2")
    #expect(silent.message.contains("(exit code 2): trouble"))
    #expect(try await error("echo '[]'").message.contains("gave no report"))
  }

  @Test("the webhook digest as the stand-in serves it, and as absent")
  func digest() async throws {
    let host = try StandInHost.marked()
    let port = try StandInHost().port
    let url = "http://127.0.0.1:\(port)/v1/webhook-digest"
    #expect(try await host.control().webhookDigest().state == .absent)
    #expect(try await host.control(digest: url).webhookDigest().state == .absent)
    try await host.withGateway({ $0.standIn.webhookDigestPort = port }) { _ in
      let report = try await host.control(digest: url).webhookDigest()
      #expect(report.state == .clean)
      #expect(report.rows == 0)
      #expect(JSON.parse(report.raw)?["schema"]?.text == "webhook-digest/1")
      #expect(try await host.control(digest: url + "x").webhookDigest().state == .absent)
      for (digest, shown) in [(url, "clean, 0 rows"), (url + "x", "none")] {
        let answers = try await host.control(digest: digest).examine(tenants: [])
        let answer = try #require(answers.first { $0.capability == "digest" })
        #expect(answer.level == .expected && answer.asked == digest && answer.came == shown)
      }
    }
  }

  @Test(
    "a digest's state and its rows, listed or counted, whatever the status code",
    arguments: [
      (#"{"status":"back_pressure","rows":[{"a":1},"b"]}"#, 200, "back_pressure", 2),
      (#"{"status":"failing","rows":7,"more":true}"#, 503, "failing", 7),
      (#"{"status":"clean"}"#, 200, "clean", 0),
      (#"{"status":"clean","rows":-1}"#, 200, "clean", 0),
    ])
  func digests(body: String, status: Int, state: String, rows: Int) async throws {
    let scripted = try ScriptedGateway(http: [
      "/v1/webhook-digest": .json(body, status: status)
    ])
    let report = try await scripted.control(digest: true).webhookDigest()
    #expect(report.state.rawValue == state)
    #expect(report.rows == rows)
    #expect(report.raw == Array(body.utf8))
  }

  @Test(
    "what is no digest is an error",
    arguments: ["<html>", "{}", #"{"status":"splendid"}"#, "", #"{"status":"clean","rows":"x"}"#])
  func noDigest(body: String) async throws {
    let scripted = try ScriptedGateway(http: ["/v1/webhook-digest": .json(body)])
    let error = try await failure {
      try await scripted.control(digest: true).webhookDigest()
    }
    #expect(error.kind == .failed)
    #expect(error.message.contains("no status that is known"))
  }
}
