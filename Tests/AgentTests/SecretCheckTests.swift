import SluiceAgentClient
import SluiceCore
import SluiceHost
import SluiceJSON
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

@Suite("No byte of a secret leaves its host")
struct SecretCheckTests {
  private static let canaries = ["C4NARY-json", "C4NARY-yaml", "C4NARY-text", "C4NARY-broken"]

  /// A host with secrets of every form, some of them broken.
  private func host() async throws -> TestHost {
    let host = try await TestHost()
    let root = host.home("secrets")
    try Files.makeDirectory("\(root)/acme", mode: 0o700)
    try Files.setMode(root, 0o700)
    for (name, text) in [
      "a.json": "{\"token\":\"C4NARY-json\"}", "b.yaml": "token: C4NARY-yaml\n",
      "c.txt": "C4NARY-text", "d.json": "{C4NARY-broken", "e.yaml": "C4NARY-broken: [\n",
    ] {
      try Files.replace("\(root)/acme/\(name)", with: Array(text.utf8), mode: 0o600)
    }
    var (spec, services) = (host.spec, host.services)
    spec.paths.secrets = root
    services.secrets = DirectorySecretStore(root: root)
    return TestHost(host, spec: spec, services: services)
  }

  @Test("check says which secrets do not parse; replies and the agent's files hold no byte of one")
  func search() async throws {
    let host = try await host()
    let said: [String] = try await host.withAgent { link in
      var said: [String] = []
      func hear(_ value: some Encodable) throws {
        said.append(try CanonicalJSON.encode(value).canonicalText)
      }
      let check = try await link.ask(.check)
      let answer = try #require(check.answers.first { $0.capability == "secrets" })
      #expect(answer.level == .fault && answer.asked == host.home("secrets"))
      #expect(answer.came.hasPrefix("1 tenant, 5 files"), "\(answer)")
      #expect(answer.means.contains("acme/d.json is no JSON"), "\(answer)")
      #expect(answer.means.contains("And 1 more."), "\(answer)")
      try hear(check)
      try hear(try await link.survey())
      try hear(try await link.ask(.tenants))
      try hear(try await link.ask(.findings))
      try hear(try await host.probe())
      try hear(try await link.order(.place(host.new), "p/place"))
      return said
    }
    #expect(said.count == 6)
    var searched = 0
    var texts = said
    try Files.walk(host.spec.paths.state) { path, status in
      guard status.kind == .regular,
        let bytes = try? Files.read("\(host.spec.paths.state)/\(path)", limit: 64 << 20)
      else { return }
      searched += 1
      texts.append(String(decoding: bytes, as: UTF8.self))
    }
    #expect(searched > 2, "the agent's files were not searched")
    for text in texts {
      for canary in Self.canaries { #expect(!text.contains(canary), "\(canary): \(text)") }
      #expect(!text.contains("C4NARY"))
    }
    // The search finds what is there.
    #expect(try Files.readText(host.home("secrets/acme/c.txt")).contains("C4NARY"))
  }

  @Test("the query for fragments names every file, and a fault with its line")
  func fragments() async throws {
    let host = try await TestHost()
    try TestHost.write("slice: nxt\n", to: host.home("tenants/acme/skills.d/90-late.yaml"))
    try await host.withAgent { link in
      let found = try await link.ask(.tenants)
      #expect(
        found.files["acme"]?.keys.sorted() == ["skills.d/00-base.yaml", "skills.d/90-late.yaml"])
      #expect(found.faults.map(\.line) == [1] && found.faults[0].file.hasSuffix("90-late.yaml"))
      let survey = try await link.survey()
      #expect(survey.fragments == found && survey.tenants == found.digests)
      let refused = await portError { _ = try await link.order(.place(host.new), "p/place") }
      #expect(refused.message.contains("skills.d/90-late.yaml:1:8"), "\(refused)")
    }
  }
}
