import SluiceCore
import SluiceHTTP
import SluiceHost
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

/// A test host that declares builds: 2026.9.4 runs, and the new release pins 2026.9.6.
enum BuildHost {
  static let builds = ["2026.9.4", "2026.9.6"]
  static let token = "a-token-of-the-test"
  private static let schemas = [
    "2026.9.4": #"{"state": 17, "agent": 19}"#, "2026.9.6": #"{"state": 18, "agent": 23}"#,
  ]

  /// As npm leaves one, with a wrapper that starts `program` as this build.
  static func install(_ version: String, at directory: String, running command: String) throws {
    let package = "\(directory)/node_modules/openclaw"
    try TestHost.write(
      """
      {"name": "openclaw", "version": "\(version)", "bin": {"openclaw": "openclaw.mjs"},
      "openclaw": {"schemaVersions": \(schemas[version] ?? "{}")}}
      """, to: "\(package)/package.json")
    try TestHost.write("// \(version)\n", to: "\(package)/openclaw.mjs")
    try TestHost.write(
      #"{"buildId": "\#(version)-release-of-the-test"}"#, to: "\(package)/dist/build-info.json")
    try wrapper(
      """
      here=$(cd "$(dirname "$0")/.." && pwd -P)
      OPENCLAW_STANDIN_BUILD="$here/node_modules/openclaw" exec \(command) "$@"
      """, at: directory)
  }

  static func wrapper(_ script: String, at directory: String) throws {
    try TestHost.write("#!/bin/sh\n\(script)\n", to: "\(directory)/bin/openclaw")
    try Files.setMode("\(directory)/bin/openclaw", 0o755)
  }

  /// The plain host with builds, OpenClaw's state in `claw`, and services of its own.
  static func declare(_ plain: TestHost) async throws -> (HostSpec, AgentServices) {
    let home = plain.home
    var spec = plain.spec
    spec.paths.builds = home("builds")
    spec.openclaw.state = home("claw")
    spec.openclaw.cli = home("builds/current/bin/openclaw")
    var services = plain.services
    let builds = DirectoryBuildStore(root: home("builds"))
    services.builds = builds
    services.openclawState = DirectoryStateStore(
      path: home("claw"), record: home("state/state-copies.json"), apart: spec.ownPaths,
      time: WallTime())
    try Files.makeDirectory(home("claw"), mode: 0o700)
    try await builds.swing(to: "2026.9.4", token: "setup")
    return (spec, services)
  }

  /// With the scripted gateway.
  static func scripted() async throws -> TestHost {
    let plain = try await TestHost(openclaw: builds[0], next: builds[1])
    for version in builds {
      try install(version, at: plain.home("builds/\(version)"), running: "false")
    }
    var (spec, services) = try await declare(plain)
    spec.gateway = plain.spec.gateway
    let gateway = ScriptedGateway(
      skillsRoot: plain.home("skills"), version: builds[0], builds: services.builds,
      state: plain.home("claw"))
    services.service = gateway
    try TestHost.write("2026.9.4", to: plain.home("claw/written-by"))
    return TestHost(
      plain, spec: spec, services: services.with(gateway: gateway), gateway: gateway)
  }

  /// With gateways as processes, started by the builds' own wrappers.
  static func process(
    _ plain: TestHost, port: UInt16, environment: [String: String]
  ) async throws -> TestHost {
    let home = plain.home
    var (spec, services) = try await declare(plain)
    let program = home("builds/current/bin/openclaw")
    spec.gateway = "127.0.0.1:\(port)"
    spec.openclaw = OpenClawSpec(
      cli: program, tokenFile: home("token"), digest: nil,
      service: .process(
        program: program, arguments: ["gateway", "run"], log: home("log"), record: home("record")),
      environment: environment, state: home("claw"))
    try TestHost.write(token + "\n", to: home("token"))
    try Files.setMode(home("token"), 0o600)
    services.service = ProcessServiceManager(
      command: ProcessCommand(
        program, ["gateway", "run"], environment: environment, directory: "/"),
      log: home("log"), record: home("record"))
    let gateway = OpenClawGateway(address: spec.gateway, spec: spec.openclaw, time: WallTime())
    services.trials = TrialServices(
      store: DirectoryTrialStore(state: home("claw"), time: WallTime()),
      builds: OpenClawTrial(
        spec: spec.openclaw, builds: home("builds"), live: gateway, time: WallTime()))
    return TestHost(plain, spec: spec, services: services.with(gateway: gateway))
  }

  /// One turn of a conversation; what the gateway answers.
  static func speak(_ host: TestHost, as key: String) async throws -> String {
    let response = try await HTTPClient().send(
      HTTPRequest(
        "POST", "http://\(host.spec.gateway)/v1/chat/completions",
        headers: [
          "Authorization": "Bearer \(token)", "Content-Type": "application/json",
          "X-OpenClaw-Session-Key": key,
        ],
        body: Array(
          #"{"model":"openclaw","messages":[{"role":"user","content":"Which turn is it?"}]}"#.utf8),
        deadline: .seconds(120)))
    try #require(response.status == 200, "\(response.status) \(response.text)")
    return response.text
  }

  static func sessions(below state: String) -> [String] {
    var found: [String] = []
    try? Files.walk(state) { path, _ in
      if path.hasSuffix(".jsonl"), path.contains("sessions/") { found.append(path) }
    }
    return found
  }
}
