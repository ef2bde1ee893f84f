import SluiceCore
import SluiceController
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands

@Suite("Commands that decide whom a host trusts")
struct TrustCommandTests {
  let directory: TemporaryDirectory
  let transcript = Transcript()
  private let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0fakefakefakefakefakefakefake writer@x"

  init() throws { directory = try TemporaryDirectory() }

  private func line(_ text: String, socket: String = "/var/db/openclaw/sluice/agent.sock")
    async
    throws -> ExitCode
  {
    try Files.replace(directory("k.pub"), with: Array(text.utf8))
    return await transcript.run(
      "node", "--authorized-key", directory("k.pub"), "--socket", socket)
  }

  @Test("the line for authorized_keys allows one command and nothing beside it")
  func authorizedKey() async throws {
    #expect(try await line(key + "\n") == .done)
    let words = transcript.data.split(separator: " ")
    #expect(transcript.data.hasPrefix("restrict,command=\"/"))
    #expect(
      transcript.data.contains(
        "sluice-writer") && transcript.data.contains("node --stdio --socket /var/db"))
    #expect(words.contains("ssh-ed25519"))
    #expect(!transcript.data.contains("writer@x"), "a comment is somebody's text")
    #expect(transcript.data.filter { $0 == "\n" }.count == 1)
  }

  @Test(
    "what is no single public key becomes no line",
    arguments: [
      "", "-----BEGIN OPENSSH PRIVATE KEY-----\n", "ssh-ed25519\n", "ssh-dss AAAAB3Nza\n",
      "command=\"sh\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0fakefakefakefakefakefakefake\n",
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0fakefakefakefakefakefakefake\nssh-ed25519 BBBB\n",
      "ssh-ed25519 AAAA\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
    ])
  func noKey(_ text: String) async throws {
    #expect(try await line(text) == .error)
    #expect(transcript.data.isEmpty)
  }

  @Test(
    "nor does a socket that would say more than a path",
    arguments: ["/a b", "/a\"", "relative", "/a;rm", "/a$(x)", "/a\nssh-rsa"])
  func noSocket(_ socket: String) async throws {
    #expect(try await line(key, socket: socket) == .error)
    #expect(transcript.data.isEmpty)
  }

  @Test("an epoch is reset on the host alone, and the command says what it forgot")
  func resetEpoch() async throws {
    let text = InitCommand.template.replacing(
      "    gateway: 10.0.0.11:18789",
      with: "    paths: {state: \(directory("state"))}\n    gateway: 10.0.0.11:18789")
    try Files.create(directory("sluice.yaml"), with: Array(text.utf8), mode: 0o600)
    let code = await transcript.run(
      "agent", "--host", "mac-a", "--reset-epoch", "--fleet", directory("sluice.yaml"))
    #expect(code == .done, "\(transcript.messages)")
    #expect(transcript.messages.contains("mac-a had seen epoch 0"))
    let other = await transcript.run(
      "agent", "--host", "mac-x", "--reset-epoch", "--fleet", directory("sluice.yaml"))
    #expect(other == .error)
  }

  @Test("the head of the ledger is shown with the log")
  func head() async throws {
    let writer = "writer: {ledger: \(directory("l.jsonl"))}\n"
    let text = InitCommand.template + writer
    try Files.create(directory("sluice.yaml"), with: Array(text.utf8), mode: 0o600)
    #expect(await transcript.run("audit", "log", "--fleet", directory("sluice.yaml")) == .done)
    #expect(transcript.data.contains("head of line 0: 0000"))
  }
}
