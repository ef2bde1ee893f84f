import SluiceCore
import Testing

@Suite("Whether a host's Node runs a build")
struct NodeCheckTests {
  private static let real = ">=24.16.0 <25 || >=26.1.0"

  @Test(
    "A Node outside of the range is refused with both, one inside is not",
    arguments: [
      ("v24.16.0", real, true), ("v24.19.0", real, true), ("v26.1.0", real, true),
      ("v25.2.0", real, false), ("v22.12.0", real, false), ("v24.19.0", ">=99", false),
      ("v20.9.0", "^18 || >=20", true), ("v19.1.0", "^18 || >=20", false),
    ])
  func ranges(_ node: String, _ range: String, _ fits: Bool) {
    switch NodeCheck(version: "2026.9.6", range: range, node: node) {
    case .fit: #expect(fits)
    case .unfit(let why):
      #expect(!fits)
      #expect(why.contains("wants Node \(range)") && why.contains(node.dropFirst()), "\(why)")
    case .unknown(let why): Issue.record("unknown: \(why)")
    }
  }

  @Test(
    "What cannot be known is said and refuses nothing",
    arguments: [
      (nil, "v24.19.0", "does not say"), (">=soon", "v24.19.0", "no range that can be read"),
      (real, nil, "not known"), (real, "unreleased", "not known"),
    ] as [(String?, String?, String)])
  func unknown(_ range: String?, _ node: String?, _ words: String) {
    guard case .unknown(let why) = NodeCheck(version: "2026.9.6", range: range, node: node) else {
      Issue.record("it is not unknown")
      return
    }
    #expect(why.contains(words) && why.contains("2026.9.6"))
  }

  private func gateway(_ node: String?) -> GatewayIdentity {
    GatewayIdentity(
      version: "2026.9.4", buildID: nil, bootID: "b", pid: 1, startedAtMilliseconds: 0, marker: nil,
      node: node)
  }

  private func build(_ range: String?) -> ReleaseLock.OpenClaw {
    .init(version: "2026.9.6", daemon: nil, cli: nil, schemas: nil, node: range)
  }

  @Test("Where the lock pins no range, the package on the host counts")
  func fromHost() {
    let builds = BuildSurvey(
      current: "2026.9.4",
      builds: [.init(version: "2026.9.6", found: build(">=99"), fault: nil)],
      state: .init(path: "/x", bytes: 0, freeBytes: 0, fault: nil))
    let check = NodeCheck(build(nil), builds: builds, gateway: gateway("v24.19.0"))
    guard case .unfit = check else {
      Issue.record("\(check)")
      return
    }
    #expect(NodeCheck(build(Self.real), builds: builds, gateway: gateway("v24.19.0")) == .fit)
    guard case .unknown = NodeCheck(build(nil), builds: nil, gateway: gateway("v1.0.0")) else {
      Issue.record("a range came from nowhere")
      return
    }
  }
}
