import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceRehearsal

@Suite("Secrets in what was written")
struct SecretSearchTests {
  @Test("are found wherever Sluice wrote them, but not in what is OpenClaw's own")
  func search() async throws {
    let home = try TemporaryDirectory()
    let search = SecretSearch(directory: home.path, secrets: ["k3y+[a", "What is next?"])
    let files = [
      "hosts/mac-a/openclaw/gateway.token": "k3y+[a\n", "hosts/mac-a/gateway.log": "k3y+[a",
      "hosts/mac-a/builds/x.js": "What is next?", "audit/promotions.jsonl": "{\"k3y+\": 1}\n",
    ]
    for (path, text) in files { try Disk.write(home(path), text) }
    #expect(try await search.files() == [])
    try Disk.write(home("logs/agent-mac-a.log"), "token=k3y+[a!\n")
    try Disk.write(home("writer/p1.evidence"), "1 What is next? Nothing.\n")
    #expect(try await search.files() == ["logs/agent-mac-a.log", "writer/p1.evidence"])
    #expect(await search.faults().count == 2)
  }

  @Test("what nobody could look through is no clean bill")
  func missing() async {
    let search = SecretSearch(directory: "/nonexistent", secrets: ["k3y"])
    #expect(await search.faults().count == 1)
  }

  @Test("make a rehearsal fail, and are told")
  func summary() {
    var summary = NarrationTests.summary
    summary.leaks = ["the gateways' token, or words of a client, stand in logs/agent-mac-a.log"]
    #expect(!summary.isAsIntended)
    #expect(summary.lines().contains { $0.hasSuffix("stand in logs/agent-mac-a.log") })
  }
}
