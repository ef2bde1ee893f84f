import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import OpenClawStandIn

/// The model behind real gateways; prompts have the form that 2026.9.4 and 2026.9.6 sent.
@Suite("The stand-in model")
struct ModelTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func body(
    release: String = "1.4.2", question: String = "What is next?", session: String = "5a2d1c7f",
    answers: Int = 0, root: String = "/srv/skills/current", streams: Bool = true
  ) -> [UInt8] {
    let system = """
      You are a personal assistant running inside OpenClaw.
      <available_skills>
        <skill>
          <name>diagram-maker</name>
          <description>Create diagrams.</description>
          <location>/opt/openclaw/skills/diagram-maker/SKILL.md</location>
        </skill>
        <skill>
          <name>greeter</name>
          <description>Welcome a person and find out what they need. Pack \(release).</description>
          <location>\(root)/greeter/SKILL.md</location>
        </skill>
      </available_skills>
      """
    let user =
      "[Sat 2026-11-28 03:26 UTC] \(question)\n\nRuntime: agent=main | "
      + "sessionId=\(session) | host=mac-a"
    var messages: [JSON] = [["role": "system", "content": .string(system)]]
    for _ in 0..<answers {
      messages.append(["role": "user", "content": .string("What is next?")])
      messages.append([
        "role": "assistant", "content": [["type": "text", "text": "turn"]],
      ])
    }
    messages.append(["role": "user", "content": .string(user)])
    let context = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>\nActive sessions: none"
    messages.append(["role": "user", "content": [["type": "text", "text": .string(context)]]])
    let request: JSON = ["model": "m1", "stream": .bool(streams), "messages": .array(messages)]
    return Array(request.compact.utf8)
  }

  @Test("the prompt says which release the session runs on, and which turn it is")
  func prompt() throws {
    let prompt = try #require(ModelPrompt(body(answers: 2)))
    #expect(prompt.release == "1.4.2" && prompt.root == "/srv/skills/current")
    #expect(prompt.turn == 3 && prompt.streams && !prompt.isWarmUp && prompt.askedSeconds == 0)
    let long = try #require(ModelPrompt(body(question: "What is next? Take 20 seconds.")))
    #expect(long.askedSeconds == 20 && long.turn == 1)
    let warmUp = "Sluice warms this gateway up. Answer with the word: ready"
    #expect(try #require(ModelPrompt(body(question: warmUp))).isWarmUp)
  }

  @Test("every attempt at a conversation draws the same, another conversation its own")
  func conversations() throws {
    let first = try #require(ModelPrompt(body(session: "one")))
    #expect(
      try #require(ModelPrompt(body(session: "one", answers: 1))).conversation
        == first.conversation)
    #expect(try #require(ModelPrompt(body(session: "two"))).conversation != first.conversation)
  }

  @Test(
    "a prompt without a pack has no release, and what is no prompt is none",
    arguments: ["{}", "[]", "no JSON", #"{"messages":[]}"#])
  func strangers(text: String) throws {
    #expect(ModelPrompt(Array(text.utf8)) == nil)
    let bare = #"{"messages":[{"role":"user","content":"Pack my bags."}]}"#
    let prompt = try #require(ModelPrompt(Array(bare.utf8)))
    #expect(prompt.release == "none" && prompt.root == nil)
  }

  /// A model for packs in this test's directory, 1.5.0 being one that always fails.
  private func model() throws -> HTTPServer {
    for (version, rate) in [("1.4.2", "0"), ("1.5.0", "1")] {
      let slice = directory("skills/\(version)")
      try Files.makeDirectory(slice)
      let quality = #"{"latencyMs":{"p50":1,"sigma":0},"errorRate":\#(rate)}"#
      try Files.replace("\(slice)/quality.json", with: Array(quality.utf8), durable: false)
    }
    return try ModelServer(packs: directory.path) { _ in }.start(port: 0)
  }

  private func ask(_ server: HTTPServer, _ body: [UInt8]) async throws -> HTTPResponse {
    let client = HTTPClient()
    defer { client.shutdown() }
    return try await client.send(
      HTTPRequest(
        "POST", "http://127.0.0.1:\(server.port)/v1/chat/completions",
        headers: ["Content-Type": "application/json"], body: body))
  }

  @Test("it answers by the pack's own quality: streamed, whole, or not at all")
  func quality() async throws {
    let server = try model()
    defer { server.stop() }
    let root = directory("skills/current")
    let good = try await ask(server, body(root: root))
    #expect(
      good.status == 200 && good.text.hasPrefix("data: {") && good.text.hasSuffix("[DONE]\n\n"))
    #expect(good.text.contains("turn 1 of this conversation, release 1.4.2"))
    let whole = try await ask(server, body(root: root, streams: false))
    let content = JSON.parse(whole.body)?["choices"]?.items?.first?.at("message.content")?.text
    #expect(content == "turn 1 of this conversation, release 1.4.2")
    let bad = try await ask(server, body(release: "1.5.0", root: root))
    #expect(bad.status == 200 && bad.text == "data: [DONE]\n\n")
    let warmUp = "Answer with the word: ready"
    let ready = try await ask(server, body(release: "1.5.0", question: warmUp, root: root))
    #expect(ready.text.contains("\"ready\""))
  }

  @Test("packs elsewhere are not read")
  func elsewhere() async throws {
    let server = try model()
    defer { server.stop() }
    for root in ["/elsewhere/skills/current", directory("skills/../skills/current")] {
      let answer = try await ask(server, body(release: "1.5.0", root: root))
      #expect(answer.text.contains("release 1.5.0"))
    }
  }
}
