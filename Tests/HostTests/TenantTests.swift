import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Tenants' fragments")
struct TenantTests {
  private let home: TemporaryDirectory
  private let tenants: TenantFragments

  init() throws {
    home = try TemporaryDirectory()
    tenants = TenantFragments(root: home("tenants"))
  }

  private func write(_ text: String, _ path: String = "acme/gateway.d/10-base.yaml") throws {
    try Pack.write([path: text], to: home("tenants"))
  }

  @Test("Fragments merge in byte order of kinds and names: lists grow, single values are replaced")
  func merge() throws {
    try write("tools: [exec, group:fs]\nquota:\n  disk: 10GiB\nslice: current\n")
    try write("tools: [exec, web]\nslice: next\n", "acme/gateway.d/20-more.yaml")
    try write("models: [anthropic/claude-sonnet-4-20250514]\n", "acme/skills.d/05-models.yaml")
    try write("quota: {disk: 500MB}\n", "acme/webhook.d/01-quota.yaml")
    #expect(tenants.survey().faults.isEmpty)
    let boundary = try tenants.boundary(of: "acme")
    #expect(boundary.tools.map(\.value) == ["exec", "group:fs", "web"])
    #expect(boundary.models.map(\.value) == ["anthropic/claude-sonnet-4-20250514"])
    #expect(boundary.diskQuota?.value == 500_000_000)
    #expect(boundary.slice == .next)
  }

  @Test("A tenant's digest is over paths and bytes of its fragments, and nothing else")
  func digests() throws {
    try write("tools: [exec]\n")
    try write("tools: [web]\n", "acme/doctor.d/10-base.yaml")
    try write("tools: [exec]\n", "beta/gateway.d/10-base.yaml")
    try write("junk", "acme/gateway.d/.DS_Store")
    let before = tenants.survey().digests
    #expect(
      before == [
        "acme": Pack.digest([
          "gateway.d/10-base.yaml": "tools: [exec]\n", "doctor.d/10-base.yaml": "tools: [web]\n",
        ]),
        "beta": Pack.digest(["gateway.d/10-base.yaml": "tools: [exec]\n"]),
      ])
    try write("tools: [exec] \n")
    let after = tenants.survey().digests
    #expect(after["acme"] != before["acme"] && after["beta"] == before["beta"])
  }

  @Test(
    "A fault names file and line, and what to do",
    arguments: [
      ("tools: [exec]\ntoolz: [x]\n", "2:1: unknown key", "Allowed: tools, models, quota, slice"),
      ("slice: nxt\n", "1:8: slice is neither current nor next", "Write current or next"),
      ("tools: exec\n", "1:8: tools must be a list", "- a"),
      (
        "tools:\n  - exec\n  - ../beta/x\n", "3:5: tools[1] is a path that leaves", "names no files"
      ),
      ("models: [/etc/passwd]\n", "1:10: models[0] is a path that leaves", "names no files"),
      ("tools: [\"~root/x\"]\n", "1:9: tools[0] is a path that leaves", "names no files"),
      ("tools: [a, b, a]\n", "1:15: tools[2] repeats the name on line 1", "Remove one"),
      ("tools: [\"a b\"]\n", "1:9: tools[0] is no name", "no spaces"),
      ("quota: {disk: 10}\n", "1:15: quota.disk is no size", "10GiB"),
      ("quota: {disk: 9999999999TiB}\n", "1:15: quota.disk is no size", "10GiB"),
      ("quota: {memory: 1GB}\n", "1:8: quota.disk is missing", ""),
      ("tools: [&a x, *a]\n", "1:", ""), ("tools: [a]\ntools: [b]\n", "2:1:", ""),
    ])
  func faults(_ text: String, _ place: String, _ remedy: String) async throws {
    try write(text)
    let faults = tenants.survey().faults
    let fault = try #require(faults.first).description
    #expect(faults.count == 1)
    #expect(fault.hasPrefix("\(home("tenants"))/acme/gateway.d/10-base.yaml:\(place)"), "\(fault)")
    #expect(fault.contains("\n") && (remedy.isEmpty || fault.contains(remedy)), "\(fault)")
    let error = await portError { _ = try tenants.boundary(of: "acme") }
    #expect(error.kind == .refused && error.message == fault)
  }

  @Test(
    "What looks like a secret is a fault that does not repeat it",
    arguments: [
      "sk-ant-api03-abcdefgh", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "AKIAIOSFODNN7EXAMPLE",
      "xoxb-1234567890-abcdef", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
      "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "k3J9xQ2mLp8RtV5wYz7BnC4dF6gH1sA0",
      "https://user:hunter22@example.test/x",
    ])
  func secrets(_ secret: String) throws {
    for text in [
      "tools: [exec]\nmodels: [\"\(secret)\"]\n", "tools: [exec]\ntoken: \(secret)\n",
      "tools: [exec]\n# old: \(secret)\n", "tools: [exec\n\(secret): [\n",
    ] {
      try write(text)
      let faults = tenants.survey().faults
      #expect(faults.count == 1)
      let fault = faults.first?.description ?? ""
      #expect(fault.contains("10-base.yaml:2:"), "\(fault)")
      #expect(!fault.contains(secret))
    }
  }

  @Test(
    "Names of models, tools and hosts are no secrets",
    arguments: [
      "anthropic/claude-sonnet-4-20250514", "openai/gpt-4o-mini-2024-07-18", "group:automation",
      "mcp__github__create_pull_request_review", "meta-llama/Llama-3.3-70B-Instruct-Turbo",
      "hf_hub", "internationalizationhelper", "12345678901234567890", "https://example.test:8080/x",
      "accounts/fireworks/models/deepseek-v3p1", "sk-learn",
    ])
  func noSecrets(_ name: String) throws {
    try write("tools: [exec] # \(name)\n")
    #expect(tenants.survey().faults.isEmpty)
  }

  @Test("What is no fragment is a fault, and is not followed")
  func strangers() throws {
    try write("tools: [exec]\n")
    try write("x", "acme/gateway.d/10-base.yaml~")
    try write("x", "acme/gateway.d/1-short.yaml")
    try write("x", "acme/extra.d/10-a.yaml")
    try write("x", "Acme/gateway.d/10-a.yaml")
    try write("tools: [evil]\n", "../evil.yaml")
    try Files.swingLink(
      home("tenants/acme/gateway.d/20-link.yaml"), to: home("evil.yaml"), token: "x")
    try Files.swingLink(home("tenants/acme/skills.d"), to: home.path, token: "x")
    let faults = tenants.survey().faults
    for path in [
      "Acme", "acme/extra.d", "acme/skills.d", "acme/gateway.d/1-short.yaml",
      "acme/gateway.d/10-base.yaml~", "acme/gateway.d/20-link.yaml",
    ] {
      #expect(
        faults.contains { $0.description.hasPrefix("\(home("tenants"))/\(path):1:1: ") }, "\(path)")
    }
    #expect(faults.count == 6)
    #expect(
      tenants.survey().digests == [
        "acme": Pack.digest(["gateway.d/10-base.yaml": "tools: [exec]\n"])
      ])
  }

  @Test("A tenant that is a link is refused; no tenants at all is no error")
  func roots() async throws {
    #expect(tenants.survey().digests.isEmpty)
    #expect(tenants.survey().faults.isEmpty)
    try Files.makeDirectory(home("tenants"))
    try Files.swingLink(home("tenants/acme"), to: home.path, token: "x")
    let survey = tenants.survey()
    #expect(survey.digests.isEmpty)
    #expect(survey.faults.map(\.message) == ["this is no directory"])
    let error = await portError { _ = try tenants.boundary(of: "acme") }
    #expect(error.kind == .refused && error.message.contains("acme:1:1: this is no directory"))
  }
}
