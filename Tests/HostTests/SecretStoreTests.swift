import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("Access lists as the systems print them")
struct AccessListTests {
  @Test("macOS: ls -led")
  func mac() throws {
    let text = """
      drwx------+ 3 root  wheel  96 Nov 30 10:00 /var/db/openclaw/secrets/acme
       0: user:_openclaw inherited allow list,search,readattr,readextattr,readsecurity
       1: group:everyone deny delete
       2: group:Domain Users allow write,append
       3: group:everyone allow read

      """
    #expect(
      MacAccessList.entries(in: text) == [
        AccessEntry(who: "user:_openclaw", reads: true, writes: false),
        AccessEntry(who: "group:Domain Users", reads: false, writes: true),
        AccessEntry(who: "group:everyone", reads: true, writes: false),
      ])
    #expect(
      MacAccessList.entries(in: "-rw-------@ 1 root  wheel  12 Nov 30 10:00 /x/a.json\n") == [])
  }

  @Test(
    "macOS: what is no such output is unknown, not empty",
    arguments: [
      "", "ls: /x: Permission denied\n",
      "drwx------+ 3 root  wheel  96 Nov 30 10:00 /x\n total 3\n",
      "drwx------+ 3 root  wheel  96 Nov 30 10:00 /x\n 0: user:a may read\n",
    ])
  func notMac(_ text: String) { #expect(MacAccessList.entries(in: text) == nil) }

  @Test("POSIX: getfacl -p, with the mask's effect")
  func posix() {
    let text = """
      # file: /var/db/openclaw/secrets/acme
      # owner: root
      # group: root
      user::rwx
      user:_openclaw:r-x
      user:backup:rwx\t\t#effective:r-x
      group::---
      group:ops:rw-\t#effective:---
      mask::r-x
      other::---
      default:user::rwx
      default:user:mallory:rwx
      default:other::---

      """
    #expect(
      PosixAccessList.entries(in: text) == [
        AccessEntry(who: "user:_openclaw", reads: true, writes: false),
        AccessEntry(who: "user:backup", reads: true, writes: false),
        AccessEntry(who: "group:ops", reads: false, writes: false),
      ])
    #expect(PosixAccessList.entries(in: "user::rw-\ngroup::---\nother::---\n") == [])
  }

  @Test(
    "POSIX: what is no such output is unknown, not empty",
    arguments: ["", "getfacl: x: No such file", "user::rw-\nuser:a:everything\n"])
  func notPosix(_ text: String) { #expect(PosixAccessList.entries(in: text) == nil) }
}

@Suite("The tenants' secrets on a host")
struct SecretStoreTests {
  private let home: TemporaryDirectory
  private var root: String { home("secrets") }

  init() throws {
    home = try TemporaryDirectory()
    try Files.makeDirectory(root, mode: 0o755)
    try Files.makeDirectory("\(root)/acme", mode: 0o700)
  }

  private func write(_ text: String, _ name: String, mode: UInt32 = 0o600) throws {
    try Files.replace("\(root)/\(name)", with: Array(text.utf8), mode: mode, durable: false)
  }

  private func survey(list: String? = nil) async throws -> SecretSurvey {
    var lister: AccessLister?
    if let list {
      try Files.replace(
        home("list"), with: Array("#!/bin/sh\ncat <<'E'\n\(list)\nE\n".utf8), mode: 0o755)
      lister = AccessLister(
        program: home("list"), arguments: [], read: PosixAccessList.entries(in:))
    }
    return try await DirectorySecretStore(root: root, lister: lister).survey(gateway: nil)
  }

  private static let closed = "user::rw-\ngroup::---\nother::---"

  @Test("closed secrets that parse are in order")
  func well() async throws {
    try write("{\"token\": [1.5, null, true, {\"a\": \"b\"}]}", "acme/a.json")
    try write("token: x\nlist: [a, b]\n", "acme/b.yaml")
    try write("anything \u{1}", "acme/c.pem")
    let found = try await survey(list: Self.closed)
    #expect(found.faults == [] && found.remarks == [] && found.readers == [])
    #expect(found.tenants == 1 && found.files == 3)
  }

  @Test("no secrets at all are no fault")
  func none() async throws {
    let store = DirectorySecretStore(root: home("nowhere"))
    #expect(try await store.survey(gateway: nil) == SecretSurvey())
  }

  @Test(
    "an open mode is told with the command that closes it",
    arguments: [
      (0o644, "every account may read it", "chmod o-rwx"), (0o660, "may change it", "chmod go-w"),
      (0o602, "may change it", "chmod go-w"), (0o640, nil, ""),
    ] as [(UInt32, String?, String)])
  func modes(_ mode: UInt32, _ fault: String?, _ remedy: String) async throws {
    try write("{}", "acme/a.json", mode: mode)
    let found = try await survey(list: Self.closed).faults
    #expect(found.count == (fault == nil ? 0 : 1), "\(found)")
    if let fault {
      #expect(found[0].contains(fault) && found[0].contains("\(remedy) \(root)/acme/a.json"))
    }
  }

  @Test("another owner is told, root's files and the gateway's are taken")
  func owners() async throws {
    try write("{}", "acme/a.json")
    let status = try #require(try Files.status(of: "\(root)/acme/a.json"))
    let rules = SecretRules(owners: [status.owner &+ 1])
    let found = rules.faults(of: status, [], at: "/s/a.json")
    #expect(found.count == 1 && found[0].contains("chown root /s/a.json"), "\(found)")
    #expect(SecretRules(owners: [status.owner]).faults(of: status, [], at: "/s") == [])
  }

  @Test("an access list that lets others write, or everybody read, is told; a reader is named")
  func lists() async throws {
    let rules = SecretRules(owners: [HostFacts.userIdentifier])
    try write("{}", "acme/a.json")
    let status = try #require(try Files.status(of: "\(root)/acme/a.json"))
    func faults(_ entry: AccessEntry) -> Int { rules.faults(of: status, [entry], at: "/s").count }
    #expect(faults(AccessEntry(who: "user:bob", reads: true, writes: true)) == 1)
    #expect(faults(AccessEntry(who: "group:everyone", reads: true, writes: false)) == 1)
    #expect(faults(AccessEntry(who: "user:_openclaw", reads: true, writes: false)) == 0)
    let found = try await survey(list: "user::rw-\nuser:_openclaw:r--\nmask::r--\nother::---")
    #expect(found.readers == ["user:_openclaw"] && found.faults == [])
  }

  @Test("without a tool for access lists a remark says so; so does a tool that fails")
  func noTool() async throws {
    try write("{}", "acme/a.json")
    #expect(try await survey().remarks.first?.contains("no getfacl") == true)
    #expect(try await survey(list: "what?").remarks.first?.contains("could not be read") == true)
  }

  @Test("what does not parse is told by its line alone; links and hard links are not read")
  func forms() async throws {
    let canary = "CANARY-9f2c"
    try write("{\"a\": \"\(canary)\"", "acme/a.json")
    try write("a: b\n\(canary): [\n", "acme/b.yaml")
    try write("{\"\(canary)\": 1}", "outside.json")
    try Files.makeLink("\(root)/acme/c.json", to: "\(root)/outside.json")
    try write(canary, "acme/d.json")
    try Files.keep("\(root)/acme/d.json", as: "\(root)/acme/.d")
    let found = try await survey(list: Self.closed)
    #expect(found.faults.contains { $0.contains("acme/a.json is no JSON") })
    #expect(found.faults.contains { $0.contains("acme/b.yaml is no plain YAML from line") })
    #expect(found.faults.contains { $0.contains("acme/c.json is no plain file of a tenant") })
    #expect(found.faults.contains { $0.contains("acme/d.json is a hard link") })
    // A file beside the tenants belongs to nobody.
    #expect(found.faults.contains { $0.contains("secrets/outside.json is no plain file") })
    #expect(found.faults.count == 5)
    #expect(!"\(found)".contains("CANARY"))
  }

  @Test("a name that is itself a secret is not shown")
  func names() async throws {
    let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    try write("{}", "acme/\(secret).json")
    let found = try await survey(list: Self.closed)
    #expect(found.faults.count == 1 && !"\(found)".contains("16C7e42F"))
  }
}
