import SluiceCore
import Testing

@Suite("An agent and the writer of different versions")
struct VersionDifferenceTests {
  private func difference(_ agent: String, _ writer: String) -> VersionDifference? {
    VersionDifference(HostName("mac-a"), agent: agent, writer: writer)
  }

  @Test("equal versions are no difference")
  func equal() {
    #expect(difference("1.2.0", "1.2.0") == nil)
  }

  @Test(
    "who is older is told, and who has to move",
    arguments: [
      ("1.2.0", "1.10.0", "the agent refuses"), ("1.10.0", "1.2.0", "Update Sluice on the writer"),
      ("unheard of", "1.2.0", "the agent refuses"),
    ])
  func sentence(agent: String, writer: String, means: String) throws {
    let found = try #require(difference(agent, writer))
    #expect(
      found.sentence.hasPrefix("the agent is Sluice \(agent), the writer is Sluice \(writer). "))
    #expect(found.sentence.contains(means))
    #expect(found.sentence.hasSuffix("sluice hosts upgrade mac-a"))
    #expect(found.answer.level == .odd && found.answer.means == found.sentence)
  }

  @Test("a version is cut and made printable, because a host says it")
  func foreign() throws {
    let found = try #require(difference(String(repeating: "9", count: 500) + "\u{1B}[2J", "1.0.0"))
    #expect(found.agent.count <= 60 && !found.sentence.contains("\u{1B}"))
  }
}
