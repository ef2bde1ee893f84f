import SluicePorts
import Testing

@testable import SluiceAgent

@Suite("Why a gateway ended")
struct GatewayEndTests {
  /// The end of what 2026.9.4 writes on the state of 2026.9.6 (recorded).
  private static let newerState = """
    Gateway failed to start: This OpenClaw build cannot open your existing data.
    OpenClaw state database /Users/op/.openclaw/state/openclaw.sqlite uses newer schema version 18; \
    this build supports 17.
    Refused by OpenClaw 2026.9.4 (3a9d69d) installed at /opt/openclaw.
    """

  private func end(_ code: Int32?, _ words: String?) -> PortError? {
    StartRefusal(
      ServiceStatus(pid: nil, startedAtMilliseconds: nil, lastExitCode: code, lastWords: words)
    ).refusal
  }

  @Test("a newer state is told in OpenClaw's words, with what to do")
  func newerState() throws {
    let refusal = try #require(end(nil, Self.newerState))
    #expect(refusal.message.contains("uses newer schema version 18; this build supports 17"))
    #expect(refusal.remedy?.contains("rename the copy") == true)
  }

  @Test("78 without words is told, too; any other end may be followed by a better start")
  func others() {
    #expect(end(78, nil)?.message.contains("exit code 78") == true)
    #expect(end(1, "Gateway failed to start: the port is taken") == nil)
    #expect(end(nil, nil) == nil)
  }
}
