import SluiceCore
import SluiceEngine
import SluiceLedger
import SluicePorts
import SluiceStatus
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands
@testable import SluiceController

@Suite("sluice adopt")
struct AdoptCommandTests {
  private let directory: TemporaryDirectory
  private var fleet: String { directory("sluice.yaml") }
  private var infra: String { directory("infra") }

  init() throws {
    directory = try TemporaryDirectory()
    try Files.create(fleet, with: Array(ThreeHosts.text(in: directory.path).utf8), mode: 0o600)
    try Files.makePrivateDirectory(directory("state"))
    try Files.makeDirectory("\(infra)/skills/greeter")
    try Files.replace("\(infra)/skills/VERSION", with: Array("1.4.1\n".utf8))
    try Files.replace(
      "\(infra)/skills/greeter/SKILL.md",
      with: Array("---\nname: greeter\ndescription: greets\n---\n".utf8))
  }

  /// The writer's checkout with one tagged release.
  private func release() async throws -> Release {
    let transcript = Transcript()
    try await CommandWorlds.git(["init", "-q"], in: infra)
    #expect(
      await transcript.run(["lock", "--openclaw", "2026.9.6", "--infra", infra]) == .done,
      "\(transcript.messages)")
    for arguments in [["add", "-A"], ["commit", "-qm", "1.4.1"], ["tag", "v1.4.1"]] {
      try await CommandWorlds.git(arguments, in: infra)
    }
    let commit = try await CommandWorlds.git(["rev-parse", "HEAD"], in: infra)
    let services = try FleetServices(try FleetLoader.load(fleet))
    return try #require(
      try await services.checkout.release(at: String(commit.prefix(40))))
  }

  /// Hosts whose slices were copied there by hand.
  private func hosts(
    _ release: Release, refusal: PortError? = nil,
    _ edit: @escaping @Sendable (inout HostSurvey) -> Void = { _ in }
  ) -> [ScriptedHost] {
    ThreeHosts.names.map { name in
      ScriptedHost(name, refusal: name == "mac-c" ? refusal : nil) { survey in
        survey.infra = .init(
          commit: release.commit, lockDigest: release.lockDigest, lock: release.lock, dirty: [])
        survey.links.current = "1.4.1"
        survey.slices = [
          .init(
            version: "1.4.1", tree: .zero, fault: "its marker is missing",
            unmarked: release.lock.skills.tree)
        ]
        edit(&survey)
      }
    }
  }

  private func run(
    _ arguments: String...
  ) async -> (code: ExitCode, text: String, messages: String) {
    let transcript = Transcript()
    let code = await transcript.run(["adopt"] + arguments + ["--fleet", fleet])
    return (code, Self.unwrapped(transcript.data), Self.unwrapped(transcript.messages))
  }

  /// Lines are broken where the terminal ends.
  private static func unwrapped(_ text: String) -> String {
    text.split(whereSeparator: { " \n│├└─".contains($0) }).joined(separator: " ")
  }

  private func lines() async throws -> [LedgerEntry] {
    try await LedgerReading.load(try FleetLoader.load(fleet).writer).entries
  }

  @Test("without an option it shows proof and steps of every host, and changes nothing")
  func showing() async throws {
    let release = try await release()
    let hosts = hosts(release)
    try await CommandWorlds.serving(hosts, in: directory) {
      let shown = await run()
      #expect(shown.code == .error)
      #expect(
        shown.text.contains(
          "mac-a NOT proven the files on disk hash to the lock; the process reports no release "
            + "checkout v1.4.1, tree \(release.lock.skills.tree.short)"), "\(shown.text)")
      #expect(shown.text.contains("1.4.1 hashes to the lock, and lacks the marker"))
      #expect(shown.text.contains("here: sluice adopt --place --reason \"…\""))
      #expect(shown.text.contains("NOT good mac-b does not prove the release: 1 step is left"))
      #expect(shown.text.contains("NOT good the balancer does not answer"))
      #expect(shown.text.contains("next Take the steps above, then look again: sluice adopt"))
      let document = await run("--json").text
      #expect(document.contains("\"schema\":\"sluice.adoption/1\""))
      #expect(document.contains("\"proof\":\"content\"") && document.contains("\"archived\":false"))
      #expect(await hosts[0].placed.isEmpty)
      let written = try await lines()
      #expect(written.isEmpty)
    }
  }

  @Test("--place brings the marker, with intent and proof in the ledger; again places nothing")
  func placing() async throws {
    let release = try await release()
    let hosts = hosts(release)
    try await CommandWorlds.serving(hosts, in: directory) {
      let placed = await run("--place", "--reason", "first day", "--by", "ana")
      #expect(placed.code == .done, "\(placed.messages)")
      #expect(placed.text.contains("Placed on mac-a, mac-b, mac-c."), "\(placed.text)")
      // The process has not loaded it: that is the next step, by a person's hand.
      #expect(placed.text.contains("the process reports no release"))
      #expect(placed.text.contains("on mac-b: sudo systemctl restart openclaw"))
      for host in hosts { #expect(await host.placed == [release]) }
      let written = try await lines()
      #expect(
        written.map(\.kind) == [
          .adoptionIntended, .adoptionIntended, .adoptionIntended, .slicePlaced, .slicePlaced,
          .slicePlaced,
        ])
      #expect(written.allSatisfy { $0.actor == "ana" && $0.detail["reason"]?.text == "first day" })
      let again = await run("--place", "--reason", "again")
      #expect(again.code == .done && again.text.contains("Nothing to place"))
      #expect(try await lines().count == written.count)
    }
  }

  @Test("a host that refuses is named, and the others have their markers")
  func refusing() async throws {
    let release = try await release()
    let refusal = PortError(
      .refused, "mac-c: the fragments of tenant acme differ", remedy: "Mirror them.")
    let hosts = hosts(release, refusal: refusal)
    try await CommandWorlds.serving(hosts, in: directory) {
      let placed = await run("--place", "--reason", "first day")
      #expect(placed.code == .error)
      #expect(placed.messages.contains("the fragments of tenant acme differ"))
      let done = try await lines().filter { $0.kind == .slicePlaced }
      #expect(done.compactMap { $0.detail["host"]?.text } == ["mac-a", "mac-b"])
    }
  }

  @Test("nothing is archived that a process does not prove, nor without a reason")
  func refusals() async throws {
    let release = try await release()
    try await CommandWorlds.serving(hosts(release), in: directory) {
      #expect(await run("--archive").code == .usage)
      #expect(await run("--place").code == .usage)
      #expect(await run("--place", "--archive", "--reason", "x").code == .usage)
      let archived = await run("--archive", "--reason", "taken over")
      #expect(archived.code == .error)
      #expect(
        archived.messages.contains("mac-a does not prove the release: 1 step is left"),
        "\(archived.messages)")
      #expect(try Files.status(of: directory("last_good.json")) == nil)
      let written = try await lines()
      #expect(written.isEmpty)
    }
  }

  @Test("without a tag the command says how to make one, and silent hosts are named")
  func noRelease() async throws {
    try await CommandWorlds.git(["init", "-q"], in: infra)
    let shown = await run()
    #expect(shown.code == .error)
    #expect(shown.text.contains("NOT good mac-a does not answer"), "\(shown.text)")
    #expect(shown.text.contains("has no commit. Check out a release"))
    try await CommandWorlds.git(["add", "-A"], in: infra)
    try await CommandWorlds.git(["commit", "-qm", "no lock"], in: infra)
    #expect(await run().text.contains("Lock and tag the release that the fleet runs"))
  }

  @Test("after an adoption status says that Sluice only observes, and what it cannot see")
  func observing() async throws {
    let release = try await release()
    let services = try FleetServices(try FleetLoader.load(fleet))
    let host = Snapshot.Host(
      marker: release.marker, links: Links(current: "1.4.1", next: nil), fingerprint: .zero,
      probeDigest: .zero)
    let snapshot = Snapshot(
      release: release, weights: Weights(share: .zero, pinEpoch: 1, generation: 1),
      hosts: Dictionary(uniqueKeysWithValues: ThreeHosts.names.map { (HostName($0), host) }))
    #expect(
      try await Adopter(env: services.env).adopt(snapshot, actor: "ana", reason: "taken over"))
    try await CommandWorlds.serving(hosts(release), in: directory) {
      let transcript = Transcript()
      #expect(await transcript.run("status", "--fleet", fleet) == .done)
      let text = Self.unwrapped(transcript.data)
      #expect(text.contains("no promotion yet"), "\(text)")
      #expect(text.contains("Sluice only observes adopted on v1.4.1 by ana, "))
      #expect(text.contains("what clients get is not known: the session log does not answer"))
      #expect(text.contains("mac-b stable ok") && text.contains("next sluice plan TAG"))
      let alone = Transcript()
      #expect(await alone.run("status", "--ledger", "--fleet", fleet) == .done)
      #expect(alone.data.contains("Sluice only observes"))
      #expect(!alone.data.contains("what clients get"))
    }
  }
}
