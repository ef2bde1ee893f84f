import SluiceCore
import SluiceHost
import SluiceJSON
import SluiceAgentClient
import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

/// A host that asks for signed tags, with a key that may sign them.
private struct SignedHost {
  let host: TestHost

  init() async throws {
    let plain = try await TestHost()
    try await TestHost.run(
      "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", plain.home("ana")])
    let key = try Files.readText(plain.home("ana.pub")).split(separator: " ").prefix(2)
      .joined(separator: " ")
    try TestHost.write("ana@ops.test \(key)\n", to: plain.home("allowed_signers"))
    var services = plain.services
    services.infra = GitCheckout(
      directory: plain.spec.paths.infra, git: try requireTool("git"),
      environment: TestHost.gitEnvironment,
      signers: TagSigners(
        SignedTags(allowedSigners: plain.home("allowed_signers")),
        program: try requireTool("ssh-keygen"), place: plain.spec.name.rawValue))
    host = TestHost(plain, spec: plain.spec, services: services)
  }

  /// Puts a signature on the tag, which names the same commit as before.
  func sign(_ release: Release) async throws {
    try await TestHost.run(
      "git",
      [
        "-c", "gpg.format=ssh", "-c", "user.signingKey=\(host.home("ana.pub"))", "tag", "-s", "-f",
        "-m", "x", release.tag, release.commit,
      ], in: host.home("infra"))
  }

  func slices() async throws -> [String] {
    try await host.services.slices.slices().map(\.version)
  }
}

@Suite("A host that takes signed tags only")
struct SignedPlacingTests {
  private func placed(_ client: LocalHostClient, _ operation: HostOperation, _ id: String)
    async throws
    -> PlaceReport
  {
    guard case .placed(let report) = try await client.order(operation, id) else {
      throw PortError(.failed, "nothing was placed")
    }
    return report
  }

  @Test("refuses an unsigned tag before it writes anything, whichever way the writer asks")
  func unsigned() async throws {
    let signed = try await SignedHost()
    let host = signed.host
    try await host.withAgent { client in
      let before = try await client.survey()
      for (id, order) in [
        ("p/1", HostOperation.place(host.new)), ("p/2", .placeSigned(host.new)),
        ("p/3", .placeSigned(host.new, links: false)),
      ] {
        let refused = await portError { _ = try await client.order(order, id) }
        #expect(refused.kind == .refused, "\(refused)")
        #expect(refused.message.contains("mac-a") && refused.message.contains(host.new.tag))
        #expect(refused.remedy?.contains("tag -s -f \(host.new.tag)") == true, "\(refused)")
      }
      let after = try await client.survey()
      #expect(after.slices == before.slices && after.links == before.links)
      #expect(try Files.status(of: host.home("state/staging")) == nil)
    }
  }

  @Test("places a signed one, and its report names who signed; a survey tells it before")
  func signed() async throws {
    let signed = try await SignedHost()
    let host = signed.host
    try await signed.sign(host.new)
    try await host.withAgent { client in
      let survey = try await client.ask(.survey(of: host.new))
      #expect(survey.placing?.signature == .init(signer: "ana@ops.test"))
      #expect(
        PlacingCheck.blockers(
          on: host.spec, survey, placing: host.new, packBytes: 1, mustBeSigned: true) == [])
      let report = try await placed(client, .placeSigned(host.new, links: false), "p/1")
      #expect(report.signer == "ana@ops.test" && report.wasPlaced && report.links == false)
      #expect(try await placed(client, .place(host.new), "p/2").signer == "ana@ops.test")
      #expect(try await client.survey().links.next == host.new.lock.skills.version)
    }
  }

  @Test("is not swung forward to what nobody signed, even onto a slice that it has")
  func swing() async throws {
    let signed = try await SignedHost()
    let host = signed.host
    // The slice is there; a tag that nobody signed would bring another commit below it.
    try await signed.sign(host.new)
    try await host.withAgent { client in
      _ = try await client.order(.placeSigned(host.new), "p/1")
      try await TestHost.run(
        "git", ["tag", "-f", host.new.tag, host.new.commit], in: host.home("infra"))
      let refused = await portError { _ = try await client.swung(host.swing(to: host.new), "p/2") }
      #expect(refused.kind == .refused && refused.message.contains("lightweight"), "\(refused)")
      #expect(refused.remedy?.contains("Nothing was moved on mac-a") == true, "\(refused)")
      #expect(try await client.survey().links.current == "1.4.1")
      try await signed.sign(host.new)
      let swung = try await client.swung(host.swing(to: host.new), "p/3")
      #expect(swung.after.marker == host.new.marker)
    }
  }

  @Test("goes back to what it ran before without anybody's signature, with its slice gone as well")
  func rollback() async throws {
    let signed = try await SignedHost()
    let host = signed.host
    try await signed.sign(host.new)
    try await host.withAgent { client in
      _ = try await client.order(.placeSigned(host.new), "p/1")
      _ = try await client.swung(host.swing(to: host.new), "p/2")
      // Nobody may sign any more, and the old tag never was signed.
      try Files.removeFile(host.home("allowed_signers"))
      let skills = host.old.lock.skills
      try Files.removeTree("\(host.spec.paths.skills)/\(skills.version)")
      let back = try await client.swung(host.swing(to: host.old), "p/3")
      #expect(back.after.marker == host.old.marker)
      #expect(back.notes?.contains { $0.contains("placed again") } == true)
    }
  }

  @Test("stays on what it is on, though that was never signed: a writer may begin to ask for it")
  func adopted() async throws {
    let signed = try await SignedHost()
    let host = signed.host
    try await host.withAgent { client in
      let swung = try await client.swung(host.swing(to: host.old), "p/1")
      #expect(swung.after.marker == host.old.marker)
    }
  }

  @Test("refuses where the writer asks for signatures and the host knows no signers")
  func noSigners() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      let refused = await portError { _ = try await client.order(.placeSigned(host.new), "p/1") }
      #expect(refused.kind == .refused && refused.message.contains("names nobody who may sign"))
      #expect(try await client.survey().slices.map(\.version) == ["1.4.1"])
      let survey = try await client.ask(.survey(of: host.new))
      let found = PlacingCheck.blockers(
        on: host.spec, survey, placing: host.new, packBytes: 1, mustBeSigned: true)
      #expect(found.count == 1 && found[0].contains("looks at no signature"), "\(found)")
    }
  }

  @Test("sluice check names who may sign, or what is wrong with the file that says so")
  func check() async throws {
    let signed = try await SignedHost()
    let host = signed.host
    try await host.withAgent { client in
      func answer() async throws -> GatewayAnswer? {
        let check = try await client.ask(.check)
        return check.answers.first { $0.capability == "signers" }
      }
      #expect(try await answer()?.came == "ana@ops.test")
      #expect(try await answer()?.level == .expected)
      try Files.setMode(host.home("allowed_signers"), 0o666)
      #expect(try await answer()?.level == .fault)
      #expect(try await answer()?.means.contains("chmod go-w") == true)
    }
  }

  /// The operations that an agent from before signed tags knows.
  private enum EarlierOperation: Codable {
    case probe
    case place(Release, links: Bool?)
  }

  @Test("an agent of before signed tags cannot read the order, and so places nothing unlooked")
  func earlierAgent() throws {
    let release = ExampleFleet.release("1.4.2")
    let plain = try CanonicalJSON.bytes(HostOperation.place(release))
    _ = try CanonicalJSON.decode(EarlierOperation.self, from: plain)
    let order = try CanonicalJSON.bytes(HostOperation.placeSigned(release))
    #expect(throws: DecodingError.self) {
      try CanonicalJSON.decode(EarlierOperation.self, from: order)
    }
  }
}
