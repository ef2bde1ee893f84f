import SluiceCore
import SluicePorts
import Testing

@testable import SluiceOpenClaw

@Suite("The configuration of a build that is tried")
struct TrialConfigurationTests {
  private let copy = TrialCopy(
    directory: "/v/claw.trial-1", state: "/v/claw.trial-1/state",
    configuration: "/v/claw.trial-1/state/openclaw.json", originalState: "/v/claw",
    originalConfiguration: "/v/claw/openclaw.json")

  private func rewritten(_ text: String) throws -> (ConfigurationValue, [String]) {
    var configuration = TrialConfiguration(
      copy: copy, port: 20_001, token: "trial", home: "/Users/claw")
    let value = try #require(ConfigurationValue(Array(text.utf8)))
    return (try configuration.rewritten(value), configuration.leftOut)
  }

  @Test("port, address, token and log are the trial's, and nothing leads to the original")
  func own() throws {
    let (value, leftOut) = try rewritten(
      """
      // JSON5, as people write it
      {gateway: {port: 18789, bind: 'lan', auth: {mode: 'password', password: 'x'},
        tls: {enabled: true}, tailscale: {mode: 'serve'}, trustedProxies: ['10.0.0.1']},
       logging: {file: '/var/log/openclaw.log', level: 'debug'},
       agents: {defaults: {temperature: 0.7, workspace: '/v/claw/workspace'},
         entries: {ben: {workspace: '~/repo', agentDir: '/v/claw/agents/ben'}}},
       skills: {load: {extraDirs: ['/v/skills/current', '~/mine', '/v/claw-other/skills']}},}
      """)
    #expect(value["gateway"]?["port"] == .integer(20_001))
    #expect(value["gateway"]?["bind"] == .string("loopback"))
    #expect(
      value["gateway"]?["auth"] == .object(["mode": .string("token"), "token": .string("trial")]))
    #expect(value["gateway"]?["tls"] == nil && value["gateway"]?["tailscale"] == nil)
    #expect(value["gateway"]?["trustedProxies"] == .array([.string("10.0.0.1")]))
    #expect(value["logging"]?["file"] == .string("/v/claw.trial-1/openclaw.log"))
    #expect(value["logging"]?["level"] == .string("debug"))
    let agents = value["agents"]
    #expect(agents?["defaults"]?["temperature"] == .number(0.7))
    #expect(agents?["defaults"]?["workspace"] == .string("/v/claw.trial-1/state/workspace"))
    let ben = agents?["entries"]?["ben"]
    #expect(ben?["workspace"] == .string("/v/claw.trial-1/workspace"))
    #expect(ben?["agentDir"] == .string("/v/claw.trial-1/state/agents/ben"))
    #expect(
      value["skills"]?["load"]?["extraDirs"]
        == .array([
          .string("/v/skills/current"), .string("/Users/claw/mine"),
          .string("/v/claw-other/skills"),
        ]))
    #expect(
      leftOut == [
        "the workspace /Users/claw/repo lies outside of the state, an empty one stood in for it"
      ])
  }

  @Test("included files are found where they are, or in the copy")
  func included() throws {
    let (value, _) = try rewritten(#"{"$include": ["more.json5", "/etc/claw.json"]}"#)
    #expect(
      value["$include"]
        == .array([.string("/v/claw.trial-1/state/more.json5"), .string("/etc/claw.json")]))
  }

  @Test("an agent's directory outside of the state is refused: the build would migrate it")
  func outside() {
    var error: PortError?
    let text = #"{"agents": {"entries": {"ben": {"agentDir": "/srv/ben"}}}}"#
    do { _ = try rewritten(text) } catch let thrown { error = thrown as? PortError }
    #expect(error?.kind == .refused && error?.message.contains("/srv/ben") == true)
  }

  @Test("what is no JSON5 is none, and a value survives being written")
  func values() throws {
    #expect(ConfigurationValue(Array("{".utf8)) == nil)
    let text = #"{"a":[1,2.5,true,null,"x"],"b":{"c":-9007199254740991}}"#
    let value = try #require(ConfigurationValue(Array(text.utf8)))
    #expect(JSONText.encode(value) == text)
  }
}
