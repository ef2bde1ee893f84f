import SluiceCore
import SluiceHost
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("What a fragment's walk refuses, and that the walk goes on")
struct FragmentWalkTests {
  private let home: TemporaryDirectory
  private let tenants: TenantFragments

  init() throws {
    home = try TemporaryDirectory()
    tenants = TenantFragments(root: home("tenants"))
    try Pack.write(["acme/gateway.d/10-base.yaml": "tools: [exec]\n"], to: home("tenants"))
  }

  private var messages: [String] { tenants.survey().faults.map(\.message) }

  @Test("a file with a second name is told as a hard link, and is in no digest")
  func hardLink() throws {
    let path = home("tenants/acme/gateway.d/20-more.yaml")
    try Pack.write(["acme/gateway.d/20-more.yaml": "tools: [evil]\n"], to: home("tenants"))
    try Files.keep(path, as: home("tenants/acme/gateway.d/.second"))
    #expect(messages == ["this is a hard link: the file has a second name elsewhere"])
    #expect(tenants.survey().files["acme"]?.keys.sorted() == ["gateway.d/10-base.yaml"])
  }

  @Test(
    "names that are one name on macOS are told with their twin",
    .enabled(if: Platform.current == .linux, "a disk of macOS has one of the two only"),
    arguments: [
      ("Acme/gateway.d/10-a.yaml", "acme"), ("acme/Gateway.d/10-a.yaml", "gateway.d"),
      ("acme/gateway.d/10-BASE.yaml", "10-base.yaml"),
      ("acme/gateway.d/10-base.yam\u{2113}", nil),
      ("acme/gateway.d/10-ba\u{017F}e.yaml", "10-base"),
    ] as [(String, String?)])
  func twins(_ path: String, _ twin: String?) throws {
    try Pack.write([path: "slice: next\n"], to: home("tenants"))
    let found = messages
    #expect(found.count == 1)
    #expect(found.first?.contains("macOS takes the two for one") == (twin != nil), "\(found)")
    if let twin { #expect(found.first?.contains("differs from \(twin)") == true, "\(found)") }
    #expect(tenants.survey().files["acme"] != nil)
  }

  @Test(
    "two forms of one letter are told",
    .enabled(if: Platform.current == .linux, "a disk of macOS has one of the two only"))
  func normalisation() throws {
    for letter in ["\u{E9}", "e\u{301}"] {
      try Pack.write(["acme/gateway.d/20-\(letter).yaml": "x"], to: home("tenants"))
    }
    #expect(messages.count == 2)
    #expect(messages.allSatisfy { $0.contains("how its letters are composed") }, "\(messages)")
  }

  @Test("a name that is no text is told, and the other tenants are read")
  func notText() async throws {
    try Pack.write(["beta/gateway.d/10-base.yaml": "tools: [web]\n"], to: home("tenants"))
    let made = try await Processes.run(
      ProcessCommand(
        "/bin/sh", ["-c", "touch \"$(printf '\(home("tenants"))/acme/gateway.d/\\377')\""],
        environment: ["PATH": "/usr/bin:/bin"]))
    // macOS refuses to make such a name.
    guard made.succeeded, Platform.current == .linux else { return }
    let survey = tenants.survey()
    #expect(survey.faults.count == 1 && survey.faults[0].file.hasSuffix("acme/gateway.d"))
    #expect(survey.files["beta"]?.count == 1)
    #expect(survey.files["acme"] == [:])
  }

  @Test("a large file, a pipe and a name that looks like a secret are told, none is read or shown")
  func odd() async throws {
    let secret = "k3j9xq2mlp8rtv5wyz7bnc4df6gh1sa0"
    try Pack.write(
      [
        "acme/gateway.d/20-\(secret).yaml": "slice: next\n",
        "acme/gateway.d/30-large.yaml": String(repeating: "#", count: 65_537),
      ], to: home("tenants"))
    let made = try await Processes.run(
      ProcessCommand(
        try Program.path("mkfifo"), [home("tenants/acme/gateway.d/40-pipe.yaml")]))
    try #require(made.succeeded)
    let survey = tenants.survey()
    #expect(survey.faults.count == 3, "\(survey.faults)")
    #expect(!"\(survey)".contains(secret))
    #expect(survey.faults.contains { $0.message == "this has more than 65536 bytes" })
    #expect(survey.files["acme"]?.count == 1)
  }

  @Test("a key that announces a secret is a fault, whatever its value")
  func secretNames() throws {
    for key in ["token", "api_key", "db-password", "client.secret"] {
      try Pack.write(["acme/gateway.d/10-base.yaml": "\(key): hunter2\n"], to: home("tenants"))
      let fault = try #require(tenants.survey().faults.first)
      #expect(fault.message == "the key \"\(key)\" announces a secret")
      #expect(!"\(fault)".contains("hunter2"))
    }
  }

  @Test("fifty faults are told, and how many more there are")
  func many() throws {
    for number in 0..<60 {
      try Pack.write(["acme/gateway.d/x\(number)": ""], to: home("tenants"))
    }
    let faults = tenants.survey().faults
    #expect(faults.count == FragmentSurvey.mostFaults)
    #expect(faults.last?.message == "11 more faults")
  }
}
