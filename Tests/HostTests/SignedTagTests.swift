import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

/// A repository whose releases are signed by real keys, and a host that clones it.
private struct SigningWorld {
  let home: TemporaryDirectory
  static let tag = "r1.4.2"

  init() async throws {
    home = try TemporaryDirectory()
    try Pack.write(Pack.plain, to: home("infra/skills"))
    try await Program.git(["init", "-q"], in: home("infra"))
    for name in ["ana", "bob", "eve"] {
      try await run(
        "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", home(name)])
    }
    try await commit("1.4.2")
    try allow("ana@ops.test \(try key("ana"))", "bob@ops.test \(try key("bob"))")
  }

  func run(_ program: String, _ arguments: [String], input: [UInt8] = []) async throws {
    let outcome = try await Processes.run(
      ProcessCommand(
        try Program.path(program), arguments,
        environment: ["PATH": "/usr/bin:/bin", "HOME": home.path], directory: home.path,
        input: input))
    try #require(outcome.succeeded, "\(program) \(arguments): \(outcome.errorText)")
  }

  func key(_ name: String) throws -> String {
    try Files.readText(home("\(name).pub")).split(separator: " ").prefix(2).joined(separator: " ")
  }

  func allow(_ lines: String...) throws {
    try Files.replace(
      home("allowed_signers"), with: Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  func revoke(_ names: String...) throws {
    let lines = try names.map { try key($0) + "\n" }.joined()
    try Files.replace(home("revoked_keys"), with: Array(lines.utf8))
  }

  @discardableResult
  func commit(_ version: String) async throws -> String {
    _ = try LockWriter(checkout: home("infra")).write(
      openclaw: .init(version: "2026.9.6", daemon: nil, cli: nil, schemas: nil),
      skillsVersion: version, tenants: [:])
    try await Program.git(["add", "-A"], in: home("infra"))
    try await Program.git(["commit", "-qm", version], in: home("infra"))
    return try await head()
  }

  func head() async throws -> String {
    try await Program.git(["rev-parse", "HEAD"], in: home("infra"))
  }

  /// As the remedy of a refusal types it.
  func sign(_ tag: String = tag, with name: String, force: Bool = false) async throws {
    try await Program.git(
      [
        "-c", "gpg.format=ssh", "-c", "user.signingKey=\(home("\(name).pub"))", "tag", "-s",
        "-m", tag,
      ] + (force ? ["-f"] : []) + [tag], in: home("infra"))
  }

  func checkout(_ name: String = "infra", revoked: Bool = false) throws -> GitCheckout {
    GitCheckout(
      directory: home(name), git: try Program.path("git"),
      signers: TagSigners(
        SignedTags(
          allowedSigners: home("allowed_signers"),
          revokedKeys: revoked ? home("revoked_keys") : nil),
        program: try Program.path("ssh-keygen"), place: "mac-a"))
  }

  func release() async throws -> Release {
    try await GitCheckout(directory: home("infra"), git: try Program.path("git"))
      .fetch(tag: Self.tag, commit: nil)
  }

  /// The answer of a checkout that asks for signatures; every refusal names tag and place, and types
  /// the remedy out.
  func refusal(
    revoked: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let checkout = try checkout(revoked: revoked)
    let error = await portError(
      { _ = try await checkout.fetch(tag: Self.tag, commit: nil) }, sourceLocation: sourceLocation)
    #expect(error.kind == .refused, sourceLocation: sourceLocation)
    #expect(error.message.contains(Self.tag), "\(error)", sourceLocation: sourceLocation)
    #expect(error.message.contains("mac-a"), "\(error)", sourceLocation: sourceLocation)
    #expect(error.remedy?.contains("tag -s -f \(Self.tag)") == true, sourceLocation: sourceLocation)
    // Placing and a look say the same.
    let again = await portError(
      { _ = try await checkout.signer(of: try await release()) }, sourceLocation: sourceLocation)
    #expect(again == error, sourceLocation: sourceLocation)
    let look = try await checkout.look(atTag: Self.tag)
    #expect(
      look.signature?.fault?.hasPrefix(error.message) == true && look.signature?.signer == nil,
      sourceLocation: sourceLocation)
    return error.message
  }
}

@Suite("A release's tag is signed by somebody who may")
struct SignedTagTests {
  private let world: SigningWorld

  init() async throws { world = try await SigningWorld() }

  @Test("a good signature is taken, and names its principal; git agrees")
  func good() async throws {
    try await world.sign(with: "bob")
    let checkout = try world.checkout()
    let release = try await checkout.fetch(tag: SigningWorld.tag, commit: nil)
    #expect(try await checkout.signer(of: release) == "bob@ops.test")
    let look = try await checkout.look(atTag: SigningWorld.tag)
    #expect(look.signature == .init(signer: "bob@ops.test") && look.commit == release.commit)
    #expect(try await checkout.signers() == ["ana@ops.test", "bob@ops.test"])
    try await Program.git(
      [
        "-c", "gpg.ssh.allowedSignersFile=\(world.home("allowed_signers"))", "verify-tag",
        SigningWorld.tag,
      ], in: world.home("infra"))
  }

  @Test("a tag of many lines, one of a signature's own among them, is taken as git takes it")
  func lines() async throws {
    try await Program.git(
      [
        "-c", "gpg.format=ssh", "-c", "user.signingKey=\(world.home("ana.pub"))", "tag", "-s", "-m",
        "first\n\n tree of many words\ntag another\n\nlast", SigningWorld.tag,
      ], in: world.home("infra"))
    #expect(try await world.checkout().signer(of: try await world.release()) == "ana@ops.test")
  }

  @Test("nothing is asked of a tag where no signature is asked for")
  func notAsked() async throws {
    try await Program.git(["tag", SigningWorld.tag], in: world.home("infra"))
    let plain = GitCheckout(directory: world.home("infra"), git: try Program.path("git"))
    let release = try await plain.fetch(tag: SigningWorld.tag, commit: nil)
    #expect(try await plain.signer(of: release) == nil)
    #expect(try await plain.look(atTag: SigningWorld.tag).signature == nil)
    #expect(try await plain.signers() == [] && !plain.asksForSignatures)
  }

  @Test("a tag without a signature is refused, whatever it is otherwise")
  func unsigned() async throws {
    try await Program.git(["tag", "-am", "x", SigningWorld.tag], in: world.home("infra"))
    #expect(try await world.refusal().contains("it has no signature"))
    try await Program.git(["tag", "-f", SigningWorld.tag], in: world.home("infra"))
    #expect(try await world.refusal().contains("lightweight tag"))
  }

  @Test("a key that nobody listed is refused by its fingerprint")
  func unknownKey() async throws {
    try await world.sign(with: "eve")
    let message = try await world.refusal()
    #expect(message.contains("it was signed with ED25519 key SHA256:"), "\(message)")
    #expect(message.contains("which nobody may sign with now"), "\(message)")
  }

  @Test("a revoked key is refused, by whom it belongs to; without the file's word it counts")
  func revoked() async throws {
    try await world.sign(with: "ana")
    try world.revoke("ana")
    _ = try await world.checkout().fetch(tag: SigningWorld.tag, commit: nil)
    let message = try await world.refusal(revoked: true)
    #expect(message.contains("signed by ana@ops.test with ED25519 key SHA256:"), "\(message)")
    #expect(message.contains("revoked_keys revokes"), "\(message)")
    try world.revoke("bob")
    _ = try await world.checkout(revoked: true).fetch(tag: SigningWorld.tag, commit: nil)
  }

  @Test("a revocation list that is not there refuses every tag")
  func noRevocations() async throws {
    try await world.sign(with: "ana")
    let error = await portError {
      _ = try await world.checkout(revoked: true).fetch(tag: SigningWorld.tag, commit: nil)
    }
    #expect(error.kind == .refused && error.message.contains("revoked_keys"), "\(error)")
    _ = await portError { _ = try await world.checkout(revoked: true).signers() }
  }

  @Test(
    "a key counts as of now, and a tag's own date, which its signer chooses, does not matter",
    arguments: [
      (option: "valid-before=\"20200101Z\"", isTaken: false),
      (option: "valid-before=\"20200101\"", isTaken: false),
      (option: "valid-after=\"20980101Z\"", isTaken: false),
      (option: "valid-after=\"20200101Z\",valid-before=\"20980101Z\"", isTaken: true),
      (option: "namespaces=\"git\"", isTaken: true),
      (option: "namespaces=\"file,email\"", isTaken: false),
    ])
  func validity(option: String, isTaken: Bool) async throws {
    try world.allow("ana@ops.test \(option) \(try world.key("ana"))")
    try await world.sign(with: "ana")
    if isTaken {
      #expect(try await world.checkout().signer(of: try await world.release()) == "ana@ops.test")
    } else {
      #expect(try await world.refusal().contains("SHA256:"))
    }
  }

  @Test("a key that has expired signs nothing more by giving the tag an older date")
  func backdated() async throws {
    try world.allow("ana@ops.test valid-before=\"20200101Z\" \(try world.key("ana"))")
    let outcome = try await Processes.run(
      ProcessCommand(
        try Program.path("git"),
        [
          "-C", world.home("infra"), "-c", "gpg.format=ssh", "-c",
          "user.signingKey=\(world.home("ana.pub"))", "tag", "-s", "-m", "x", SigningWorld.tag,
        ],
        environment: [
          "PATH": "/usr/bin:/bin", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@x.test",
          "GIT_COMMITTER_DATE": "2019-06-01T00:00:00Z", "HOME": world.home.path,
        ], directory: "/"))
    try #require(outcome.succeeded, "\(outcome.errorText)")
    // Git's word for the signature: good.
    try await Program.git(
      [
        "-c", "gpg.ssh.allowedSignersFile=\(world.home("allowed_signers"))", "verify-tag",
        SigningWorld.tag,
      ], in: world.home("infra"))
    let message = try await world.refusal()
    #expect(message.contains("expired"), "\(message)")
  }

  @Test("a tag that was moved, renamed or altered after its signing is refused")
  func moved() async throws {
    let first = try await world.head()
    try await world.sign("other", with: "ana")
    // The object of one tag under another's name.
    try await Program.git(
      ["update-ref", "refs/tags/\(SigningWorld.tag)", "refs/tags/other"], in: world.home("infra"))
    #expect(try await world.refusal().contains("its object calls itself other"))
    try await world.sign(with: "ana", force: true)
    let release = try await world.release()
    try Pack.write(["alpha/SKILL.md": Pack.newer], to: world.home("infra/skills"))
    let second = try await world.commit("1.4.3")
    // Signed again, and for another commit: the plan's is the first.
    try await world.sign(with: "ana", force: true)
    let error = await portError {
      _ = try await world.checkout().fetch(tag: SigningWorld.tag, commit: first)
    }
    #expect(error.kind == .refused && error.message.contains(second.prefix(12)), "\(error)")
    let stale = await portError { _ = try await world.checkout().signer(of: release) }
    #expect(stale.message.contains("names commit \(second.prefix(12))"), "\(stale)")
    // The signature of one tag below the words of another.
    let text = try await world.tagText().replacing(second, with: first)
    try Files.replace(world.home("forged"), with: Array(text.utf8))
    let forged = try await Program.git(
      ["hash-object", "-t", "tag", "-w", world.home("forged")], in: world.home("infra"))
    try await Program.git(
      ["update-ref", "refs/tags/\(SigningWorld.tag)", forged], in: world.home("infra"))
    #expect(try await world.refusal().contains("its signature does not fit it"))
  }

  @Test("a signature that was made for something else than git is refused")
  func otherNamespace() async throws {
    try await world.sign(with: "ana")
    let text = try await world.tagText()
    let mark = "-----BEGIN SSH SIGNATURE-----"
    let payload = String(text.prefix(upTo: try #require(text.firstRange(of: mark)).lowerBound))
    try Files.replace(world.home("payload"), with: Array(payload.utf8))
    try await world.run(
      "ssh-keygen",
      ["-q", "-Y", "sign", "-n", "file", "-f", world.home("ana"), world.home("payload")]
    )
    let other = payload + (try Files.readText(world.home("payload.sig")))
    try Files.replace(world.home("forged"), with: Array(other.utf8))
    let forged = try await Program.git(
      ["hash-object", "-t", "tag", "-w", world.home("forged")], in: world.home("infra"))
    try await Program.git(
      ["update-ref", "refs/tags/\(SigningWorld.tag)", forged], in: world.home("infra"))
    #expect(try await world.refusal().contains("was not made for git"))
  }

  @Test("a signature of PGP is told as what it is")
  func pgp() async throws {
    try await world.sign(with: "ana")
    let text = try await world.tagText().replacing("SSH SIGNATURE", with: "PGP SIGNATURE")
    try Files.replace(world.home("forged"), with: Array(text.utf8))
    let forged = try await Program.git(
      ["hash-object", "-t", "tag", "-w", world.home("forged")], in: world.home("infra"))
    try await Program.git(
      ["update-ref", "refs/tags/\(SigningWorld.tag)", forged], in: world.home("infra"))
    #expect(try await world.refusal().contains("PGP's"))
  }

  @Test("a tag that was fetched for nothing is not kept, and comes again when it is signed")
  func notKept() async throws {
    try await Program.git(
      ["clone", "-q", world.home("infra"), world.home("host")], in: world.home.path)
    try await Program.git(["tag", "-am", "x", SigningWorld.tag], in: world.home("infra"))
    let host = try world.checkout("host")
    let error = await portError { _ = try await host.fetch(tag: SigningWorld.tag, commit: nil) }
    #expect(error.message.contains("no signature"), "\(error)")
    #expect(try await host.look(atTag: SigningWorld.tag).commit == nil)
    #expect(try await host.look(atTag: SigningWorld.tag).signature == .init())
    // A release that the host ran before is fetched without anybody's signature.
    #expect(
      try await host.fetch(tag: SigningWorld.tag, commit: nil, isKnown: true)
        == world.release())
    try await Program.git(["tag", "-d", SigningWorld.tag], in: world.home("host"))
    try await world.sign(with: "ana", force: true)
    let release = try await host.fetch(tag: SigningWorld.tag, commit: nil)
    #expect(try await host.signer(of: release) == "ana@ops.test")
  }

  @Test("programs and signers that the repository's configuration names have no part in it")
  func configuration() async throws {
    try await world.sign(with: "eve")
    let infra = world.home("infra")
    let yes = world.home("yes")
    try Files.replace(
      yes, with: Array("#!/bin/sh\n: > \(world.home("ran"))\nexit 0\n".utf8), mode: 0o755)
    try Files.replace(
      world.home("infra/own_signers"), with: Array("eve@ops.test \(try world.key("eve"))\n".utf8))
    for (key, value) in [
      ("gpg.ssh.program", yes), ("gpg.program", yes), ("gpg.format", "openpgp"),
      ("gpg.ssh.allowedSignersFile", "\(infra)/own_signers"),
    ] {
      try await Program.git(["config", key, value], in: infra)
    }
    #expect(try await world.refusal().contains("nobody may sign with"))
    #expect(try Files.status(of: world.home("ran")) == nil)
    // Git by itself would have been told that all is well.
    try await Program.git(["config", "gpg.format", "ssh"], in: infra)
    _ = try await Processes.run(
      ProcessCommand(
        try Program.path("git"), ["verify-tag", SigningWorld.tag],
        environment: ["PATH": "/usr/bin:/bin"], directory: infra))
    #expect(try Files.status(of: world.home("ran")) != nil)
  }

  @Test("nothing is left behind of what ssh-keygen was given")
  func nothingLeft() async throws {
    try await world.sign(with: "ana")
    let checkout = try world.checkout()
    _ = try await checkout.fetch(tag: SigningWorld.tag, commit: nil)
    let root = HostFacts.environment(["TMPDIR"])["TMPDIR"] ?? "/tmp"
    for name in try Files.names(in: root) where name.hasPrefix("sluice-tag-") {
      // Of a test beside this one, or of nobody any more.
      let isGone = try await eventually { try Files.status(of: "\(root)/\(name)") == nil }
      #expect(isGone, "\(name)")
    }
  }
}

extension SigningWorld {
  fileprivate func tagText() async throws -> String {
    let outcome = try await Processes.run(
      ProcessCommand(
        try Program.path("git"), ["cat-file", "tag", Self.tag], environment: [:],
        directory: home("infra")))
    try #require(outcome.succeeded)
    return outcome.outputText
  }
}
