import SluiceController
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Agents of another version of Sluice")
struct AgentVersionTests {
  private let directory: TemporaryDirectory
  private var fleet: String { directory("sluice.yaml") }

  init() throws {
    directory = try TemporaryDirectory()
    try Files.create(fleet, with: Array(ThreeHosts.text(in: directory.path).utf8), mode: 0o600)
  }

  @Test(
    "check and status name both versions and the command, for the host that differs alone",
    arguments: [
      ("0.0.9", "refuses what is new on the writer"), ("9.0.0", "Update Sluice on the writer"),
    ])
  func differs(version: String, means: String) async throws {
    let hosts = [
      ScriptedHost("mac-a"), ScriptedHost("mac-b", version: version), ScriptedHost("mac-c"),
    ]
    try await CommandWorlds.serving(hosts, in: directory) {
      for command in ["check", "status"] {
        let transcript = Transcript()
        _ = await transcript.run(command, "--fleet", fleet)
        let words = transcript.data.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        let sentence = "the agent is Sluice \(version), the writer is Sluice \(SluiceVersion.text)."
        #expect(
          words.split(separator: sentence, omittingEmptySubsequences: false).count == 2, "\(words)")
        #expect(words.contains(means) && words.contains("sluice hosts upgrade mac-b"), "\(words)")
        #expect(!words.contains("sluice hosts upgrade mac-a"))
      }
    }
  }
}
