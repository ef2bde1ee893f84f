import SluiceSystem
import Testing

@testable import OpenClawStandIn

@Suite("The stand-in's skills")
struct StandInSkillsTests {
  private func skills(_ client: ProtocolClient) async throws -> [JSON] {
    try #require(try await client.call("skills.status")["payload"]?["skills"]?.items)
  }

  private func description(_ client: ProtocolClient) async throws -> String? {
    try await skills(client).first { $0["name"]?.text == "sluice-release" }?["description"]?.text
  }

  @Test("skills.status has the recorded keys, the link's path, and a marker that no model sees")
  func status() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      let answer = try await client.call("skills.status")
      #expect(shapeDifferences(try recording("rpc/skills.status"), answer) == [])
      let marker = try #require(
        try await skills(client).first { $0["name"]?.text == "sluice-release" })
      #expect(marker["modelVisible"] == false)
      #expect(marker["userInvocable"] == false)
      #expect(marker["commandVisible"] == false)
      #expect(marker["source"] == "openclaw-extra")
      #expect(marker["filePath"]?.text == "\(host.skills)/current/sluice-release/SKILL.md")
      await client.close()
    }
  }

  @Test("what the real one refuses is silently absent")
  func absent() async throws {
    let host = try StandInHost()
    let slice = "\(host.skills)/1.4.1"
    try host.skill("broken", "name: broken\nhomepage: a: b: c\ndescription: d", in: "1.4.1")
    try host.skill("nameless", "name: nameless", in: "1.4.1")
    try host.skill("hard", "name: hard\ndescription: Hard.", in: "1.4.1")
    let linked = try #require(Processes.find("ln"))
    try await run(linked, ["\(slice)/hard/SKILL.md", "\(host.directory.path)/second-name"])
    try await run(linked, ["-s", "\(host.skills)/1.4.2/greeter", "\(slice)/escaping"])
    try await run(linked, ["-s", "greeter", "\(slice)/alias"])
    let pack = SkillLoader(directories: ["\(host.skills)/current"]).load()
    #expect(pack.release == "1.4.1")
    #expect(Set(pack.skills.map(\.name)) == ["greeter", "sluice-release"])
    #expect(pack.rejections.contains { $0.hasSuffix("error=path must not be hardlinked") })
    #expect(pack.rejections.contains { $0.contains("reason=symlink-escape") })
    #expect(pack.rejections.count { $0.contains("invalid frontmatter") } == 1)
    #expect(pack.rejections.count { $0.hasSuffix("error=description is required") } == 1)
  }

  @Test(
    "a description that is no YAML is recovered, as the real one does",
    arguments: [
      "Take notes. Use when: (1) a meeting ends", "[beta] greets", "@home: greets", "*greets* you",
      "\"greets\" you", "a: b: c", "- greets",
    ])
  func recovered(_ text: String) throws {
    let host = try StandInHost()
    try host.skill("notes", "name: notes\ndescription: \(text)", in: "1.4.1")
    let pack = SkillLoader(directories: ["\(host.skills)/current"]).load()
    #expect(pack.skills.first { $0.name == "notes" }?.description == text)
    #expect(pack.rejections.isEmpty)
  }

  @Test("a skill without a name is named by its folder; of two of one name the later counts")
  func names() throws {
    let host = try StandInHost()
    try host.skill("unnamed", "description: first", in: "1.4.1")
    try host.skill("zz", "name: unnamed\ndescription: second", in: "1.4.1")
    let pack = SkillLoader(directories: ["\(host.skills)/current"]).load()
    #expect(pack.skills.filter { $0.name == "unnamed" }.map(\.description) == ["second"])
  }

  @Test("folders are searched two deep, and six deep below skills")
  func depth() throws {
    let host = try StandInHost()
    for folder in ["a/two", "a/b/three", "skills/a/b/c/d/e/six", "skills/a/b/c/d/e/f/seven"] {
      let name = try #require(folder.split(separator: "/").last)
      try host.skill(folder, "name: \(name)\ndescription: d", in: "1.4.1")
    }
    let pack = SkillLoader(directories: ["\(host.skills)/current"]).load()
    #expect(Set(pack.skills.map(\.name)) == ["greeter", "sluice-release", "two", "six"])
  }

  @Test("a SKILL.md in the directory itself hides all others")
  func rootSkill() throws {
    let host = try StandInHost()
    try host.skill(".", "name: all\ndescription: d", in: "1.4.1")
    let pack = SkillLoader(directories: ["\(host.skills)/current"]).load()
    #expect(pack.skills.map(\.name) == ["all"])
  }

  private func run(_ executable: String, _ arguments: [String]) async throws {
    #expect(try await Processes.run(ProcessCommand(executable, arguments)).succeeded)
  }

  @Test("cold links: a flip is nobody's before a restart")
  func cold() async throws {
    let host = try StandInHost()
    try await host.withGateway { _ async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      _ = try await host.says("a")
      try host.swing(to: "1.4.2")
      // Longer than a hot link would take.
      try await Task.sleep(for: .milliseconds(400))
      #expect(try await description(client) == "release 1.4.1")
      #expect(try await host.says("a") == "turn 2 of this conversation, release 1.4.1")
      #expect(try await host.says("b") == "turn 1 of this conversation, release 1.4.1")
      _ = try await client.call("gateway.restart.request")
      try await client.untilClosed()
      try await host.untilReady()
      let (again, _) = try await ProtocolClient.connected(host)
      #expect(try await description(again) == "release 1.4.2")
      #expect(try await host.says("a") == "turn 3 of this conversation, release 1.4.2")
      await again.close()
    }
  }

  @Test("hot links: new and existing sessions follow without a restart")
  func hot() async throws {
    let host = try StandInHost()
    try await host.withGateway({ $0.standIn.links = .hot }) { _ async throws in
      let (client, _) = try await ProtocolClient.connected(host)
      _ = try await host.says("a")
      try host.swing(to: "1.4.2")
      try await waitUntil { try await description(client) == "release 1.4.2" }
      #expect(try await host.says("a") == "turn 2 of this conversation, release 1.4.2")
      #expect(try await host.says("b") == "turn 1 of this conversation, release 1.4.2")
      try host.swing(to: "1.4.1")
      try await waitUntil { try await description(client) == "release 1.4.1" }
      #expect(try host.starts().count == 1)
      await client.close()
    }
  }

  @Test("a release's quality is its own")
  func quality() throws {
    let host = try StandInHost()
    let finding = #"{"checkId":"pack/x","severity":"error","message":"bad"}"#
    try host.release(
      "1.4.2",
      quality:
        "{\"latencyMs\":{\"p50\":90,\"sigma\":0.5},\"errorRate\":0.25,\"doctorFindings\":[\(finding)]}"
    )
    try host.swing(to: "1.4.2")
    let quality = SkillLoader(directories: ["\(host.skills)/current"]).load().quality
    #expect(quality.median == 90 && quality.sigma == 0.5 && quality.errorRate == 0.25)
    #expect(quality.doctorFindings.map { $0["checkId"] } == ["pack/x"])
    try host.release("1.4.2", quality: #"{"errorRate":2}"#)
    let broken = SkillLoader(directories: ["\(host.skills)/current"]).load()
    #expect(broken.rejections == ["quality.json: errorRate is no number in 0.0...1.0"])
  }

  @Test("latencies are log-normal about their median, and the same for the same seed")
  func latency() {
    var generator = SplitMix64(seed: 7)
    let draws = (0..<20_000).map { _ in generator.logNormal(median: 40, sigma: 0.35) }.sorted()
    #expect(abs(draws[10_000] - 40) < 0.5)
    // One sigma above: 40 * e^0.35.
    #expect(abs(draws[16_827] - 56.76) < 1.5)
    var again = SplitMix64(seed: 7)
    #expect(
      again.logNormal(median: 40, sigma: 0.35)
        == {
          var first = SplitMix64(seed: 7)
          return first.logNormal(median: 40, sigma: 0.35)
        }())
  }
}
