import SluiceCore
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceCommands

@Suite("sluice tenants")
struct TenantsCommandTests {
  private let directory: TemporaryDirectory
  private var fleet: String { directory("sluice.yaml") }
  private var tenants: String { directory("infra/tenants") }
  private let pin = "acme/skills.d/10-canary.yaml"

  init() throws {
    directory = try TemporaryDirectory()
    try Files.create(fleet, with: Array(ThreeHosts.text(in: directory.path).utf8), mode: 0o600)
    try write("tools: [exec]\nquota: {disk: 10GB}\n", to: "acme/gateway.d/10-base.yaml")
    try write("tools: [web]\n", to: "beta/gateway.d/10-base.yaml")
  }

  private func write(_ text: String, to path: String) throws {
    let parts = ("\(tenants)/\(path)").split(separator: "/").dropLast()
    try Files.makeDirectory("/" + parts.joined(separator: "/"))
    try Files.replace("\(tenants)/\(path)", with: Array(text.utf8), durable: false)
  }

  private func sluice(_ words: String...) async -> (code: ExitCode, data: String, messages: String)
  {
    let transcript = Transcript()
    let code = await transcript.run(["tenants"] + words + ["--fleet", fleet])
    let messages = transcript.messages.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return (code, transcript.data, messages)
  }

  private static let base = Digest(of: Array("tools: [exec]\nquota: {disk: 10GB}\n".utf8))
  private static let beta = Digest(of: Array("tools: [web]\n".utf8))
  private static var equal: FragmentSurvey {
    FragmentSurvey(files: [
      "acme": ["gateway.d/10-base.yaml": base], "beta": ["gateway.d/10-base.yaml": beta],
    ])
  }

  private func hosts(_ change: (inout FragmentSurvey) -> Void = { _ in }) -> [ScriptedHost] {
    var other = Self.equal
    change(&other)
    return [
      ScriptedHost("mac-a", fragments: Self.equal), ScriptedHost("mac-b", fragments: other),
      ScriptedHost("mac-c", fragments: Self.equal),
    ]
  }

  @Test("equal fragments: list, lint and diff end with 0")
  func equal() async throws {
    try await CommandWorlds.serving(hosts(), in: directory) {
      for verb in ["list", "lint", "diff"] {
        let done = await sluice(verb)
        #expect(done.code == .done, "\(verb): \(done)")
        let word = ["list": "equal on 3", "lint": "in order on the writer and on 3 gateways"]
        #expect(done.data.contains(word[verb] ?? "every gateway has"), "\(done.data)")
      }
    }
  }

  @Test("diff names host, path and both digests; list names the host; the document has the same")
  func difference() async throws {
    let found = hosts {
      $0.files["acme"] = ["gateway.d/10-base.yaml": .zero, "skills.d/99-x.yaml": .zero]
    }
    try await CommandWorlds.serving(found, in: directory) {
      let diff = await sluice("diff")
      #expect(diff.code == .changesPending)
      let lines = diff.data.split(separator: "\n")
      #expect(
        lines.contains {
          $0.hasPrefix("mac-b") && $0.contains("acme/gateway.d/10-base.yaml")
            && $0.contains(Self.base.short) && $0.contains("00000000")
        }, "\(diff.data)")
      #expect(
        lines.contains { $0.contains("acme/skills.d/99-x.yaml") && $0.contains("missing") })
      #expect(!diff.data.contains("mac-a") && !diff.data.contains("beta"))
      #expect(await sluice("list").data.contains("differs on mac-b"))
      #expect(await sluice("diff", "beta").code == .done)
      let json = await sluice("diff", "acme", "--json").data
      #expect(json.contains("\"schema\":\"sluice.tenants-diff/1\""))
      #expect(json.contains("\"on_writer\":\"\(Self.base.text)\"") && json.contains("mac-b"))
    }
  }

  @Test("a host that does not answer is no equal host")
  func silent() async throws {
    let some = [
      ScriptedHost("mac-a", fragments: Self.equal), ScriptedHost("mac-b", fragments: Self.equal),
      ScriptedHost("mac-c"),
    ]
    try await CommandWorlds.serving(some, in: directory) {
      for verb in ["list", "lint", "diff"] {
        let said = await sluice(verb)
        #expect(said.code == .error && said.data.contains("mac-c   silent"), "\(said)")
      }
      #expect(await sluice("list", "mac-a").code == .done)
      #expect(await sluice("diff", "nobody").code == .error)
    }
  }

  @Test("lint tells file, line and remedy of the writer's and of a host's fragments, and no secret")
  func lint() async throws {
    let secret = "sk-ant-api03-abcdefghijkl"
    try write("tools: [exec]\ntoken: \(secret)\n", to: "acme/skills.d/20-bad.yaml")
    try write("slice: \(secret.dropFirst(3))\n", to: "beta/skills.d/20-bad.yaml")
    let found = hosts {
      $0.faults = [FragmentFault(file: "/e/x", line: 3, message: "this is odd", remedy: "Mend.")]
    }
    try await CommandWorlds.serving(found, in: directory) {
      for option in [[], ["--json"]] {
        let transcript = Transcript()
        let code = await transcript.run(["tenants", "lint", "--fleet", fleet] + option)
        #expect(code == .error)
        #expect(transcript.data.contains("acme/skills.d/20-bad.yaml"))
        #expect(transcript.data.contains("this is odd") && transcript.data.contains("Mend."))
        #expect(!(transcript.data + transcript.messages).contains("ant-api03"))
      }
    }
  }

  @Test("effective shows each value with the file and line that declare it")
  func effective() async throws {
    try write("tools: [exec, web]\nslice: next\n", to: pin)
    let said = await sluice("effective", "acme")
    #expect(said.code == .done, "\(said)")
    for (value, place) in [
      ("next", "skills.d/10-canary.yaml:2"), ("10000000000 bytes", "gateway.d/10-base.yaml:2"),
      ("exec", "gateway.d/10-base.yaml:1"), ("web", "skills.d/10-canary.yaml:1"),
    ] {
      #expect(
        said.data.split(separator: "\n").contains { $0.contains(value) && $0.hasSuffix(place) },
        "\(value): \(said.data)")
    }
    let json = await sluice("effective", "acme", "--json").data
    #expect(json.contains("\"line\":2,\"value\":\"next\""), "\(json)")
    #expect(await sluice("effective", "nobody").code == .error)
    #expect(await sluice("effective", "../infra").code == .error)
  }

  @Test("pin writes the whole fragment, says what comes next, and unpin takes it back")
  func pinning() async throws {
    let pinned = await sluice("pin", "acme")
    #expect(pinned.code == .done, "\(pinned)")
    #expect(pinned.data.contains("Next:  sluice lock"))
    #expect(pinned.data.contains("name the tenant in a step of the ramp"))
    #expect(try Files.readText("\(tenants)/\(pin)").hasSuffix("slice: next\n"))
    #expect(await sluice("effective", "acme").data.contains("skills.d/10-canary.yaml:2"))
    #expect(await sluice("pin", "acme").data.contains("already; nothing was changed"))
    let json = await sluice("unpin", "acme", "--json")
    #expect(json.code == .done && json.data.contains("\"changed\":true"), "\(json)")
    #expect(try Files.status(of: "\(tenants)/\(pin)") == nil)
    #expect(try Files.names(in: "\(tenants)/acme/skills.d").isEmpty)
    #expect(await sluice("unpin", "acme").data.contains("uses current already"))
  }

  @Test("pin and unpin refuse where another fragment decides, or the file says more")
  func refusals() async throws {
    try write("slice: current\n", to: "acme/skills.d/20-late.yaml")
    let late = await sluice("pin", "acme")
    #expect(late.code == .error && late.messages.contains("20-late.yaml:1 says current"), "\(late)")
    #expect(try Files.status(of: "\(tenants)/\(pin)") == nil)
    try Files.removeFile("\(tenants)/acme/skills.d/20-late.yaml")
    try write("slice: next\ntools: [web]\n", to: pin)
    for verb in ["pin", "unpin"] {
      let said = await sluice(verb, "acme")
      #expect(said.code == .error && said.messages.contains("left alone"), "\(said)")
    }
    try write("slice: next\n", to: "beta/skills.d/30-other.yaml")
    let other = await sluice("unpin", "beta")
    #expect(other.code == .error && other.messages.contains("30-other.yaml:1 says next"))
    #expect(try Files.readText("\(tenants)/\(pin)") == "slice: next\ntools: [web]\n")
  }

  @Test("a checkout whose tenants are a link is not written to")
  func linkedRoot() async throws {
    try Files.rename(tenants, to: directory("elsewhere"))
    try Files.makeLink(tenants, to: directory("elsewhere"))
    let said = await sluice("pin", "acme")
    #expect(said.code == .error && said.messages.contains("is no directory of the checkout"))
    #expect(try Files.names(in: directory("elsewhere/acme")) == ["gateway.d"])
  }
}
