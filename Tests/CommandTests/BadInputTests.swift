import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands

/// Mistakes that a person makes or finds: each is named with file, line and remedy, has its exit
/// code, and leaves everything as it is.
@Suite("Bad input")
struct BadInputTests {
  let directory: TemporaryDirectory
  let transcript = Transcript()
  private var fleet: String { directory("sluice.yaml") }
  private var infra: String { directory("infra") }
  private var ledger: String { directory("promotions.jsonl") }

  init() throws {
    directory = try TemporaryDirectory()
    try Files.create(fleet, with: Array(ThreeHosts.text(in: directory.path).utf8), mode: 0o600)
  }

  private func alter(_ old: String, _ new: String) throws {
    var text = try Files.readText(fleet)
    text.replaceSubrange(try #require(text.firstRange(of: old)), with: new)
    try Files.replace(fleet, with: Array(text.utf8))
  }

  /// The message on one line, however it was broken to fit a terminal.
  private var message: String {
    transcript.messages.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test(
    "a ticket, a name or a reason that no line of the ledger could hold is refused before anything",
    arguments: [
      (["promote", "7f3a91c2", "--ticket"], 200), (["plan", "v1.4.2", "--ticket"], 200),
      (["rollback", "--by"], 200), (["pause", "--reason"], 2_000), (["abort", "--reason"], 2_000),
      (["rollback", "--reason"], 2_000), (["accept", "--all", "--reason"], 2_000),
      (["approve", "7f3a91c2", "--reason"], 2_000),
    ])
  func longText(words: [String], limit: Int) async throws {
    // Two bytes a character: bytes count, as they do in the ledger.
    let text = String(repeating: "é", count: 35_000)
    #expect(await transcript.run(words + [text, "--fleet", fleet]) == .usage)
    #expect(message.contains("has 70000 bytes, \(limit) are allowed"), "\(message)")
    #expect(transcript.data.isEmpty)
    #expect(try Files.names(in: directory.path) == ["sluice.yaml"])
  }

  @Test(
    "a wrong sluice.yaml is named with line, column and remedy",
    arguments: [
      ("\nramp:", "\nrampp:", 32, "unknown key \"rampp\" Did you mean \"ramp\"?"),
      ("\nramp:", "\nfleet: again\nramp:", 32, "\"fleet\" is there twice (first at line 1)"),
      ("name: mac-b", "name: mac-a", 13, "names mac-a twice (first at line 4)"),
      ("share: 20%", "share: 4%", 34, "shares must rise: 4 % comes after 5 %"),
      ("fleet: test", "fleet: &name test", 1, "an anchor (&name) stands here"),
      (
        "hold: 1m}", "hold: 9223372036854775807ms}", 33,
        "is 9223372036854775807ms, which is out of range"
      ),
      ("hold: 1m}", "hold: 31d}", 33, "from 0s to 30d"),
      ("\nramp:", "\nbake: 9223372036854775807ms\nramp:", 32, "out of range"),
    ])
  func fleetFile(old: String, new: String, line: Int, expected: String) async throws {
    try alter(old, new)
    #expect(await transcript.run("status", "--ledger", "--fleet", fleet) == .error)
    #expect(transcript.messages.hasPrefix("sluice: \(fleet):\(line):"), "\(transcript.messages)")
    #expect(message.contains(expected))
    #expect(transcript.messages.contains("\n        "), "a remedy stands below")
    #expect(transcript.data.isEmpty)
    #expect(try Files.names(in: directory.path) == ["sluice.yaml"])
  }

  @Test("a stable arm without a host")
  func noStable() async throws {
    try alter("stable", "canary")
    try alter("stable", "canary")
    #expect(await transcript.run("plan", "v1", "--fleet", fleet) == .error)
    #expect(message.contains("the stable arm has no host Give at least one gateway arm: stable."))
    #expect(try Files.names(in: directory.path) == ["sluice.yaml"])
  }

  // MARK: The release

  private func git(_ arguments: String...) async throws {
    try await CommandWorlds.git(arguments, in: infra)
  }

  private func write(_ name: String, _ text: String) throws {
    try Files.replace("\(infra)/\(name)", with: Array(text.utf8), durable: false)
  }

  /// One release, tagged v1.4.2.
  private func makeRelease() async throws {
    try Files.makeDirectory("\(infra)/skills/greeter", mode: 0o755)
    try write("skills/greeter/SKILL.md", "---\nname: greeter\ndescription: greets\n---\n")
    let locked = await transcript.run(
      "lock", "--openclaw", "2026.9.6", "--skills", "1.4.2", "--fleet", fleet)
    try #require(locked == .done, "\(transcript.messages)")
    try await git("init", "-q")
    try await git("add", "-A")
    try await git("commit", "-qm", "1.4.2")
    try await git("tag", "-am", "1.4.2", "v1.4.2")
  }

  @Test("a lock that does not parse is named with line and column, in the checkout and in a tag")
  func brokenLock() async throws {
    try await makeRelease()
    let broken = "{\"schema\": \"sluice.lock/1\",\n  \"openclaw\" 3}\n"
    try write("openclaw.lock", broken)
    #expect(await transcript.run("lock", "--check", "--fleet", fleet) == .error)
    #expect(message.contains("\(infra)/openclaw.lock:2:14: a colon is missing"))
    #expect(message.contains("Write the lock by \"sluice lock\", not by hand"))
    #expect(try Files.readText("\(infra)/openclaw.lock") == broken)

    try await git("commit", "-qam", "broken")
    try await git("tag", "-am", "broken", "v1.4.3")
    let later = Transcript()
    #expect(await later.run("plan", "v1.4.3", "--fleet", fleet) == .error)
    #expect(later.messages.contains("v1.4.3:openclaw.lock:2:14: a colon is missing"))
    #expect(later.data.isEmpty)
  }

  @Test("a tag that is not there", arguments: ["plan", "promote"])
  func missingTag(verb: String) async throws {
    try await makeRelease()
    #expect(await transcript.run(verb, "v9.9.9", "--fleet", fleet) == .error)
    #expect(message.contains("\(infra) has no tag v9.9.9, and no remote to fetch it from"))
    #expect(message.contains("git tag -a v9.9.9"))
    #expect(try Files.status(of: ledger) == nil)
  }

  @Test("a dirty tree", arguments: ["plan", "promote"])
  func dirtyTree(verb: String) async throws {
    try await makeRelease()
    try write("stray", "not committed\n")
    #expect(await transcript.run(verb, "v1.4.2", "--fleet", fleet) == .error)
    let said = transcript.data.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(said.contains("\(infra) differs from its commit: stray. Commit it, or put it back"))
    #expect(said.contains("Nothing was changed."))
    #expect(transcript.data.split(separator: "\n").allSatisfy { $0.count <= 100 })
    #expect(try Files.status(of: ledger) == nil)
  }

  // MARK: The ledger, ports, the disk

  @Test("half a line at the ledger's end is told, counts for nothing, and stays where it is")
  func tornLedger() async throws {
    try Files.create(ledger, with: Array("{\"actor\":\"an".utf8), mode: 0o600)
    #expect(await transcript.run("audit", "log", "--fleet", fleet) == .done)
    #expect(transcript.data.contains("0 lines, chain intact"))
    #expect(message.contains("\(ledger):1: the last line is incomplete, 12 bytes"))
    #expect(try Files.readText(ledger) == "{\"actor\":\"an")
  }

  @Test(
    "an altered line stops everything, and is named",
    arguments: [["audit", "log"], ["rollback"], ["resume"], ["pause"], ["abort"]])
  func alteredLedger(arguments: [String]) async throws {
    let text = "{\"n\":0}\n"
    try Files.create(ledger, with: Array(text.utf8), mode: 0o600)
    #expect(await transcript.run(arguments + ["--fleet", fleet]) == .error)
    #expect(message.contains("\(ledger):1: "))
    #expect(
      message.contains(
        arguments == ["rollback"]
          ? "No plan and no last good state say" : "by the proven lines: sluice rollback"))
    #expect(transcript.data.isEmpty)
    #expect(try Files.readText(ledger) == text)
  }

  @Test(
    "status and explain show an altered line first, and nothing behind it as true",
    arguments: ["status", "explain"])
  func alteredLedgerShown(verb: String) async throws {
    let text = "{\"n\":0}\n"
    try Files.create(ledger, with: Array(text.utf8), mode: 0o600)
    #expect(await transcript.run([verb, "--fleet", fleet]) == .error)
    let said = transcript.data.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(said.lowercased().hasPrefix("the ledger's chain is broken"))
    #expect(said.contains("\(ledger):1: "))
    #expect(said.contains("sluice rollback"))
    #expect(try Files.readText(ledger) == text)
  }

  @Test(
    "a port in use is told before HAProxy is started, and who can be asked",
    .enabled(if: hasTool("haproxy"), "haproxy is not installed"))
  func portInUse() async throws {
    let other = try SocketListener.listen(.tcp(host: "127.0.0.1", port: 0))
    defer { other.close() }
    guard case .tcp(_, let port) = other.address else { return }
    try alter("127.0.0.1:4\"", "127.0.0.1:\(port)\"")
    #expect(await transcript.run("balancer", "start", "--fleet", fleet) == .error)
    #expect(message.contains("something else listens at 127.0.0.1:\(port) already"))
    #expect(message.contains("choose another balancer.bind in sluice.yaml"))
    #expect(try Files.status(of: directory("haproxy/process.json")) == nil)
  }

  @Test("a HAProxy that is not there is told with the command that installs it")
  func noHAProxy() async throws {
    try alter("kind: managed,", "kind: managed, program: \(directory.path)/haproxy,")
    #expect(await transcript.run("balancer", "start", "--fleet", fleet) == .error)
    #expect(message.contains("HAProxy cannot be run"))
    #expect(message.contains("install haproxy"))
  }

  @Test("a full disk")
  func fullDisk() async throws {
    guard let disk = try SmallDisk.mounted(megabytes: 1) else {
      print("skipped: a small tmpfs cannot be mounted here (Linux and root are needed)")
      return
    }
    defer { disk.unmount() }
    disk.fill()
    #expect(await transcript.run("init", "--fleet", "\(disk.path)/sluice.yaml") == .error)
    #expect(message.contains("\(disk.path)/sluice.yaml cannot be written"))
    #expect(message.contains("No space left on device"))
    #expect(try Files.names(in: disk.path) == ["ballast"])
  }
}
