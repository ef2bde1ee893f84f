import SluiceCore
import Testing

@testable import SluiceOpenClaw

@Suite("Whether OpenClaw updates itself")
struct AutoUpdateTests {
  private func level(_ text: String?, isOff: Bool = false) -> GatewayAnswer.Level {
    AutoUpdate.meaning(text.map { Array($0.utf8) }, isOffByEnvironment: isOff).level
  }

  @Test("only what switches it on is a fault; what cannot be read is a remark")
  func levels() {
    let on =
      #"{"gateway": {"port": 1.5}, "update": {"auto": {"enabled": true}, "channel": "stable"}}"#
    #expect(level(on) == .fault)
    #expect(level(on, isOff: true) == .expected)
    for off in [
      nil, "{}", #"{"update": {}}"#, #"{"update": {"auto": {"enabled": false}}}"#,
      #"{"update": {"auto": {}}}"#,
    ] {
      #expect(level(off) == .expected)
    }
    for unread in ["// JSON5\n{update: {auto: {enabled: true}}}", "", "[]x", #"{"update": 1}"#] {
      #expect(level(unread) == .odd)
    }
  }
}
