import SluiceCore
import SluiceHost
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceCommands

/// A tree of fragments that is made to lead outside.
enum FragmentAttack: String, CaseIterable, Sendable {
  case linkedTenant, linkedFolder, linkedFragment, relativeLink, brokenLink, hardLink
  case fileAsTenant, fileAsFolder, folderAsFragment, pipe
  case upperTenant, upperFolder, upperFragment, composed, decomposed, invisible, overlong
  case pathAsTool, homeAsTool, parentAsModel, parentInside
  case anchor, bomb, mergeKey, fileTag, includeTag, objectTag, directive, twoDocuments, deep
  case duplicateKey, complexKey, control, byteOrderMark, notText, huge

  /// The text of an attack by content; nil for an attack by its place.
  var content: String? {
    switch self {
    case .pathAsTool: "tools: [/etc/passwd]\n"
    case .homeAsTool: "tools: [\"~root/.ssh/id_ed25519\"]\n"
    case .parentAsModel: "models: [../../outside/secret.txt]\n"
    case .parentInside: "models: [a/../../../outside/secret.txt]\n"
    case .anchor: "tools: &a [x]\nmodels: *a\n"
    case .bomb:
      "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "bcdefghij".map { "\($0): &\($0) [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n" }.joined()
    case .mergeKey: "<<: {slice: next}\n"
    case .fileTag: "tools: !file ../../outside/secret.txt\n"
    case .includeTag: "tools: !include /etc/passwd\n"
    case .objectTag: "tools: !!python/object/apply:os.system [id]\n"
    case .directive: "%TAG ! tag:outside,2000:\n---\nslice: next\n"
    case .twoDocuments: "slice: current\n---\nslice: next\n"
    case .deep: "tools: " + String(repeating: "[", count: 9_000) + "\n"
    case .duplicateKey: "slice: current\nslice: next\n"
    case .complexKey: "? [a, b]\n: next\n"
    case .control: "tools: [\"a\\u0000b\"]\n"
    case .byteOrderMark: "\u{FEFF}slice: next\n"
    case .huge: "#" + String(repeating: "x", count: 1 << 20)
    default: nil
    }
  }
}

@Suite("Fragments that attack")
struct FragmentAttackTests {
  private let home: TemporaryDirectory
  private var tenants: String { home("infra/tenants") }

  init() throws {
    home = try TemporaryDirectory()
    try write("tools: [exec]\n", to: "acme/gateway.d/10-base.yaml")
    try write("tools: [web]\n", to: "beta/gateway.d/10-base.yaml")
    let text = """
      fleet: test
      writer: {infra: \(home("infra")), ledger: \(home("ledger.jsonl")), state: \(home("state"))}
      hosts:
        - {name: mac-a, arm: canary, socket: \(home("a.sock")), gateway: "127.0.0.1:1", \
      probe: "127.0.0.1:2", openclaw: {cli: /bin/true, token_file: \(home("token")), \
      service: {systemd: {unit: openclaw}}}}
        - {name: mac-b, socket: \(home("b.sock")), gateway: "127.0.0.1:3", \
      probe: "127.0.0.1:4", openclaw: {cli: /bin/true, token_file: \(home("token")), \
      service: {systemd: {unit: openclaw}}}}
      balancer: {kind: managed, bind: "127.0.0.1:5", directory: \(home("haproxy"))}
      ramp: standard

      """
    try Files.create(home("sluice.yaml"), with: Array(text.utf8), mode: 0o600)
  }

  private func write(_ text: String, to path: String) throws {
    let folder = "\(tenants)/\(path)".split(separator: "/").dropLast().joined(separator: "/")
    try Files.makeDirectory("/" + folder)
    try Files.replace("\(tenants)/\(path)", with: Array(text.utf8), durable: false)
  }

  /// Plants the attack; false where this disk cannot hold it.
  private func plant(_ attack: FragmentAttack, _ outside: String) async throws -> Bool {
    let fragment = "\(tenants)/acme/skills.d/50-attack.yaml"
    if let content = attack.content {
      try write(content, to: "acme/skills.d/50-attack.yaml")
      return true
    }
    switch attack {
    case .linkedTenant: try Files.makeLink("\(tenants)/evil", to: "\(outside)/tenant")
    case .linkedFolder: try Files.makeLink("\(tenants)/acme/skills.d", to: outside)
    case .linkedFragment, .relativeLink, .brokenLink:
      try Files.makeDirectory("\(tenants)/acme/skills.d")
      let target =
        switch attack {
        case .relativeLink: "../../../../outside/fragment.yaml"
        case .brokenLink: "\(outside)/nothing.yaml"
        default: "\(outside)/fragment.yaml"
        }
      try Files.makeLink(fragment, to: target)
    case .hardLink:
      // A name inside for a file that has one outside, too.
      try Files.makeDirectory("\(tenants)/acme/skills.d")
      let made = try await Processes.run(
        ProcessCommand(try requireTool("ln"), [home("twin.yaml"), fragment]))
      return made.succeeded
    case .fileAsTenant: try Files.replace("\(tenants)/evil", with: [1], durable: false)
    case .fileAsFolder: try Files.replace("\(tenants)/acme/skills.d", with: [1], durable: false)
    case .folderAsFragment: try Files.makeDirectory(fragment)
    case .pipe:
      try Files.makeDirectory("\(tenants)/acme/skills.d")
      let made = try await Processes.run(ProcessCommand(try requireTool("mkfifo"), [fragment]))
      return made.succeeded
    case .upperTenant: try write("slice: next\n", to: "ACME/skills.d/50-attack.yaml")
    case .upperFolder: try write("slice: next\n", to: "acme/GATEWAY.d/50-attack.yaml")
    case .upperFragment: try write("slice: next\n", to: "acme/gateway.d/10-BASE.yaml")
    case .composed: try write("slice: next\n", to: "acme/skills.d/50-\u{E9}.yaml")
    case .decomposed: try write("slice: next\n", to: "acme/skills.d/50-e\u{301}.yaml")
    case .invisible: try write("slice: next\n", to: "acme/skills.d/50-a\u{200D}.yaml")
    case .overlong:
      let name = "50-" + String(repeating: "a", count: 200) + ".yaml"
      try write("slice: next\n", to: "acme/skills.d/\(name)")
    case .notText:
      try write("x", to: "acme/skills.d/50-attack.yaml")
      try Files.replace(
        fragment, with: Array("tools: [".utf8) + [0xFF, 0xC0, 0x80], durable: false)
    default: return false
    }
    return Platform.current == .linux
      || ![.upperTenant, .upperFolder, .upperFragment].contains(attack)
  }

  @Test(
    "is a fault, changes nothing that is merged, and leads nowhere",
    arguments: FragmentAttack.allCases)
  func attack(_ attack: FragmentAttack) async throws {
    try Files.replace(
      home("twin.yaml"), with: Array("tools: [\(Decoys.word)]\n".utf8), durable: false)
    let decoys = try await Decoys(in: home("outside"))
    let store = TenantFragments(root: tenants)
    let before = store.survey()
    #expect(before.faults == [])
    guard try await plant(attack, decoys.directory) else { return }

    let survey = store.survey()
    #expect(!survey.faults.isEmpty, "the attack is not told")
    #expect(survey.files["beta"] == before.files["beta"])
    #expect(survey.files["evil"] == nil)
    var spoken = "\(survey)"
    if let boundary = try? store.boundary(of: "acme") { spoken += "\(boundary)" }
    spoken += await sluice(["list"], ["lint"], ["lint", "--json"], ["effective", "acme"])
    // A pin would write into the tenant's folder, wherever that leads.
    spoken += await sluice(["pin", "acme"], ["unpin", "acme"])
    #expect(!spoken.contains(Decoys.word), "a decoy's bytes came out")
    try await decoys.requireUntouched("\(attack)")
  }

  @Test(
    "names of tenants that lead elsewhere are refused",
    arguments: [
      "../outside", "..", ".", "/etc", "acme/../../outside", "ACME", "acme\u{0301}", "a\nb",
      "acme/skills.d", "~root", "-x",
    ])
  func names(_ name: String) async throws {
    let decoys = try await Decoys(in: home("outside"))
    for verb in ["effective", "pin", "unpin"] {
      let transcript = Spoken()
      let code = await CommandLineProgram.run(
        ["tenants", verb, "--fleet", home("sluice.yaml"), "--", name], on: transcript.terminal())
      #expect(code == .error || code == .usage, "\(verb): \(transcript.text)")
      #expect(!transcript.text.contains(Decoys.word))
    }
    try await decoys.requireUntouched("\(name)")
    #expect(try Files.names(in: tenants) == ["acme", "beta"])
    #expect(try Files.names(in: "\(tenants)/acme") == ["gateway.d"])
  }

  /// The words of the commands, one after the other.
  private func sluice(_ commands: [String]...) async -> String {
    let spoken = Spoken()
    for words in commands {
      _ = await CommandLineProgram.run(
        ["tenants"] + words + ["--fleet", home("sluice.yaml")],
        on: spoken.terminal(isJSON: words.contains("--json")))
    }
    return spoken.text
  }
}

/// Everything that a terminal received, data and messages.
final class Spoken: Sendable {
  private let said = Mutex("")

  var text: String { said.withLock { $0 } }

  func terminal(isJSON: Bool = false) -> Terminal {
    Terminal(style: .plain, isJSON: isJSON) { text, _ in self.said.withLock { $0 += text } }
  }
}
