import SluiceCore
import SluiceController
import SluiceAgentClient
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands

/// Blockers of a later host, as `plan` and `check` tell them; and a plan whose clock was wrong.
@Suite("What is seen early")
struct EarlySightTests {
  private let directory: TemporaryDirectory
  private let transcript = Transcript()
  private var fleet: String { directory("sluice.yaml") }

  init() throws {
    directory = try TemporaryDirectory()
    try Files.create(fleet, with: Array(ThreeHosts.text(in: directory.path).utf8), mode: 0o600)
  }

  /// On one line, however it was broken to fit a terminal.
  private func flat(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  /// The writer's checkout with the release `v1.4.2`, or another one; gives its commit.
  private func makeRelease(_ version: String = "1.4.2") async throws -> String {
    let infra = directory("infra")
    try Files.makeDirectory("\(infra)/skills/greeter")
    try Files.replace("\(infra)/skills/VERSION", with: Array("\(version)\n".utf8), mode: 0o644)
    try Files.replace(
      "\(infra)/skills/greeter/SKILL.md",
      with: Array("---\nname: greeter\ndescription: Greets.\n---\n".utf8), mode: 0o644)
    #expect(await transcript.run("lock", "--openclaw", "2026.9.6", "--fleet", fleet) == .done)
    for arguments in [
      ["init", "-q"], ["add", "-A"], ["commit", "-qm", version],
      ["tag", "v\(version)"],
    ] {
      try await git(arguments)
    }
    return try await git(["rev-parse", "HEAD"])
  }

  @discardableResult
  private func git(_ arguments: [String]) async throws -> String {
    try await CommandWorlds.git(arguments, in: directory("infra")).split(separator: "\n").first
      .map(String.init) ?? ""
  }

  private func serving(_ hosts: [ScriptedHost], _ body: () async throws -> Void) async throws {
    try await CommandWorlds.serving(hosts, in: directory, body)
  }

  private func placing(_ commit: String?, free: Int64 = 1 << 34) -> PlacingSurvey {
    PlacingSurvey(
      tag: "v1.4.2", tagCommit: commit, remote: "origin",
      rooms: [.init(path: "/srv/skills", freeBytes: free, copies: 3, holdsState: false)])
  }

  @Test("a stale tag, another tree and a full disk are named with their hosts by plan and check")
  func hosts() async throws {
    let commit = try await makeRelease()
    let stale = String(repeating: "b", count: 40)
    let hosts = [
      ScriptedHost("mac-a", placing: placing(commit, free: 1 << 20)),
      ScriptedHost(
        "mac-b", slices: [.init(version: "1.4.2", tree: .zero, fault: nil)], placing: placing(nil)),
      ScriptedHost("mac-c", placing: placing(stale)),
    ]
    try await serving(hosts) {
      #expect(await transcript.run("plan", "v1.4.2", "--fleet", fleet) == .error)
      let plan = flat(transcript.data)
      #expect(plan.contains("mac-a: placing v1.4.2 takes 17 MB, and 1 MB are free"), "\(plan)")
      #expect(plan.contains("mac-b: a slice 1.4.2 is there already with another tree"), "\(plan)")
      #expect(plan.contains("mac-c: the tag v1.4.2 in its checkout names commit bbbbbbbbbbbb"))
      #expect(plan.contains("and the release is \(commit.prefix(12))"), "\(plan)")
      #expect(plan.contains("tag -d v1.4.2"))

      #expect(await transcript.run("check", "--fleet", fleet) == .error)
      let check = flat(transcript.data)
      #expect(check.contains("NOT in order 0 of 3 hosts are"), "\(check)")
      #expect(check.contains("STOPS a promotion placing v1.4.2 takes 17 MB"), "\(check)")
      #expect(check.contains("STOPS a promotion a slice 1.4.2 is there already"), "\(check)")
      #expect(check.contains("STOPS a promotion the tag v1.4.2 in its checkout"), "\(check)")
      #expect(await transcript.run("check", "mac-c", "--json", "--fleet", fleet) == .error)
      #expect(transcript.data.contains("\"release\":\"v1.4.2\""), "\(transcript.data)")
    }
  }

  @Test("a gateway that runs another release than the fleet's is named with both, and no other is")
  func anotherRelease() async throws {
    let old = try await makeRelease("1.4.1")
    let checkout = try FleetServices(try FleetLoader.load(fleet)).checkout
    let marker = try #require(try await checkout.release(at: old)).marker
    _ = try await makeRelease("1.4.2")
    func host(_ name: String, _ edit: @escaping @Sendable (inout HostSurvey) -> Void)
      -> ScriptedHost
    {
      ScriptedHost(name) {
        $0.infra.commit = old
        $0.gateway?.marker = marker
        edit(&$0)
      }
    }
    try await serving([
      host("mac-a") { _ in },
      host("mac-b") { $0.gateway?.marker = Marker(version: "1.4.0", tree: .zero) },
      host("mac-c") { $0.gateway?.marker = nil },
    ]) {
      #expect(await transcript.run("plan", "v1.4.2", "--fleet", fleet) == .error)
      let plan = flat(transcript.data)
      #expect(plan.contains("mac-b: its gateway runs 1.4.0, not 1.4.1."), "\(plan)")
      #expect(plan.contains("mac-c: its gateway runs no release that it reports, not 1.4.1."))
      #expect(!plan.contains("mac-a: its gateway"))
    }
  }

  private func keep(madeAt milliseconds: Int64, bake: Int64? = nil) async throws -> PlanDocument {
    let spec = try FleetLoader.load(fleet)
    var plan = try await ExampleFleet.plan(ExampleFleet.world(seed: 1), to: "1.4.2")
    plan.fleet = spec
    if let bake { plan.fleet.bakeMilliseconds = bake }
    plan.madeAtMilliseconds = milliseconds
    let document = PlanDocument(
      plan: plan, digest: try plan.digest(), ticket: "", blockers: [], warnings: [],
      filesChanged: nil, balancer: nil)
    try PlanStore(spec.writer).write(document)
    return document
  }

  @Test(
    "a plan from the future is refused with both times", arguments: [36_000_000, 90_000] as [Int64])
  func future(ahead: Int64) async throws {
    let made = SystemClock.wallMilliseconds() + ahead
    let document = try await keep(madeAt: made)
    #expect(await transcript.run("promote", document.digest.short, "--fleet", fleet) == .error)
    let message = flat(transcript.messages)
    #expect(message.contains("was read at \(Timestamp.text(made))"), "\(message)")
    #expect(message.contains("a plan from the future would never grow too old"), "\(message)")
    #expect(message.contains("sluice plan v1.4.2"), "\(message)")
    #expect(try Files.status(of: directory("promotions.jsonl")) == nil)
  }

  @Test("a plan from the future is approved by nobody")
  func futureApproval() async throws {
    let spec = try FleetLoader.load(fleet)
    let newer = ReleaseLock.OpenClaw(
      version: "2026.10.1", daemon: .zero, cli: .zero, schemas: ["state": 19])
    var plan = try await ExampleFleet.plan(
      ExampleFleet.world(seed: 1), to: "1.4.2", openclaw: newer)
    plan.fleet = spec
    plan.madeAtMilliseconds = SystemClock.wallMilliseconds() + 36_000_000
    try #require(!plan.demands.isEmpty)
    let digest = try plan.digest()
    try PlanStore(spec.writer).write(
      PlanDocument(
        plan: plan, digest: digest, ticket: "", blockers: [], warnings: [], filesChanged: nil,
        balancer: nil))
    let words = ["approve", digest.short, "--reason", "x", "--fleet", fleet]
    #expect(await transcript.run(words) == .error)
    #expect(flat(transcript.messages).contains("from the future"))
    #expect(try PlanStore(spec.writer).approval(of: digest) == nil)
  }

  @Test("a clock that is a few seconds ahead stops nobody; a plan of an hour ago is too old")
  func age() async throws {
    // Of another sluice.yaml: what is looked at after its age stops it.
    let near = try await keep(madeAt: SystemClock.wallMilliseconds() + 20_000, bake: 1)
    #expect(await transcript.run("promote", near.digest.short, "--fleet", fleet) == .error)
    #expect(flat(transcript.messages).contains("has changed since plan"))
    #expect(!flat(transcript.messages).contains("from the future"))
    let old = try await keep(madeAt: SystemClock.wallMilliseconds() - 3_600_000)
    #expect(await transcript.run("promote", old.digest.short, "--fleet", fleet) == .error)
    #expect(flat(transcript.messages).contains("was read 1 h ago, which is too long"))
  }
}
