import SluiceCore
import SluicePorts
import SluiceSystem

/// The signers of a release's tag on this machine, and the check of their signature. The exit code
/// of ssh-keygen decides, on bytes from git. No program that a repository or its configuration
/// names takes part.
///
/// A signature counts as of now. Git would ask whether the key was valid at the tag's own date,
/// which the holder of the key may choose.
public struct TagSigners: Sendable {
  let policy: SignedTags
  let program: String
  let place: String

  private static let limit = 1 << 20
  private static let deadline = Duration.seconds(20)

  enum Fault: Error {
    /// Of the tag.
    case tag(String)
    /// Of this machine.
    case port(PortError)
  }

  /// - Parameters:
  ///   - program: ssh-keygen, absolute.
  ///   - place: as messages name this machine.
  public init(_ policy: SignedTags, program: String, place: String) {
    self.policy = policy
    self.program = program
    self.place = place
  }

  /// The principals that may sign, and the file's bytes.
  func allowed() throws(PortError) -> (signers: AllowedSigners, bytes: [UInt8]) {
    let path = policy.allowedSigners
    let bytes = try trusted(path)
    do throws(AllowedSigners.Fault) { return (try AllowedSigners(bytes), bytes) } catch {
      throw PortError(
        .refused, "\(path):\(error.line) on \(place) \(error.message)",
        remedy: "A line is a principal, options and a public key:  ana@example.test "
          + "namespaces=\"git\" ssh-ed25519 AAAA…")
    }
  }

  /// The names of the accepted signers on this machine; `.refused` where the files are not in
  /// order.
  public func names() throws(PortError) -> [String] {
    if let revoked = policy.revokedKeys { _ = try trusted(revoked) }
    return try allowed().signers.principals.sorted()
  }

  private func trusted(_ path: String) throws(PortError) -> [UInt8] {
    do throws(SystemError) { return try Files.readTrusted(path, limit: Self.limit) } catch {
      throw PortError(
        .refused, "who may sign tags is not known on \(place): \(error)",
        remedy: error.ownRemedy
          ?? "signed_tags of sluice.yaml names that file: let root write it there, mode 0644.")
    }
  }

  func refusal(_ why: String, tag: String, commit: String, _ directory: String) -> PortError {
    PortError(
      .refused,
      "\(place) takes signed tags only, and not \(tag.prefix(128)): \(why)",
      remedy: "Sign it with a key of \(policy.allowedSigners):  git -c gpg.format=ssh -c "
        + "user.signingKey=~/.ssh/id_ed25519.pub tag -s -f \(tag.prefix(128)) \(commit.prefix(12))   Push "
        + "it:  git push -f origin \(tag.prefix(128))   Take the old one out of every checkout that has "
        + "it:  git -C \(directory) tag -d \(tag.prefix(128))")
  }

  /// The principal whose key signed what names the commit by this tag.
  func signer(
    of signed: SignedTag, tag: String, commit: String
  ) async throws(Fault) -> String {
    guard let signature = signed.signature else {
      throw .tag(
        signed.otherKind.map { "its signature is \($0)'s, and only those of SSH keys are taken" }
          ?? "it has no signature")
    }
    if let why = signed.fault(tag: tag, commit: commit) { throw .tag(why) }
    let (allowed, revoked): ((signers: AllowedSigners, bytes: [UInt8]), [UInt8]?)
    do throws(PortError) {
      allowed = try self.allowed()
      revoked = try policy.revokedKeys.map { path throws(PortError) in try trusted(path) }
    } catch { throw .port(error) }
    let desk = try Desk(allowed.bytes, revoked, signature)
    defer { desk.remove() }
    let sound = try await run(["check-novalidate", "-n", "git"], desk, signed.payload)
    guard sound.succeeded else {
      throw .tag("its signature does not fit it, or was not made for git: \(Self.reason(sound))")
    }
    let key = Self.key(sound)
    let found = try await run(["find-principals", "-f", Desk.allowed], desk, [])
    let names = found.outputText.split(separator: "\n").map(String.init)
    guard found.succeeded, let name = names.first(where: allowed.signers.principals.contains) else {
      throw .tag(
        "it was signed with \(key), which nobody may sign with now by \(policy.allowedSigners) "
          + "(\(Self.reason(found)))")
    }
    let verify = ["verify", "-f", Desk.allowed, "-I", name, "-n", "git"]
    let verified = try await run(verify, desk, signed.payload)
    guard verified.succeeded else {
      throw .tag(
        "it was signed by \(name) with \(key), which does not count here (\(Self.reason(verified)))"
      )
    }
    if let revoked = desk.revoked, let path = policy.revokedKeys {
      guard try await run(verify + ["-r", revoked], desk, signed.payload).succeeded else {
        throw .tag("it was signed by \(name) with \(key), which \(path) revokes")
      }
    }
    return name
  }

  private func run(
    _ arguments: [String], _ desk: Desk, _ input: [UInt8]
  ) async throws(Fault) -> ProcessOutcome {
    let command = ProcessCommand(
      program, ["-Y"] + arguments + ["-s", Desk.signature],
      // A date without a zone is one of UTC, on every machine.
      environment: ["LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"], directory: desk.path,
      input: input, deadline: Self.deadline, outputLimit: 64 << 10)
    let outcome: ProcessOutcome
    do { outcome = try await Processes.run(command) } catch {
      throw .port(PortError(error, remedy: "Is \(program) there? It comes with OpenSSH."))
    }
    // A program that did not exit by itself has not refused the signature.
    if case .exited = outcome.termination, !outcome.timedOut { return outcome }
    throw .port(
      PortError(
        .failed, "\(program) did not say whether a tag is signed: \(outcome.termination)",
        remedy: "Try again."))
  }

  /// The first thing that ssh-keygen said, without the names of our own files.
  private static func reason(_ outcome: ProcessOutcome) -> String {
    let said = outcome.errorText.split(separator: "\n").first.map(String.init) ?? "no reason given"
    // The rest of the line is the time of day, which would make the sentence differ every second.
    let line = said.firstRange(of: ": verify time").map { String(said[..<$0.lowerBound]) } ?? said
    return Speech.text(line.replacing(Desk.allowed + ":", with: "line "), characters: 160)
  }

  /// `ED25519 key SHA256:…`, of `Good "git" signature with …`: for people, and no proof of anything.
  private static func key(_ outcome: ProcessOutcome) -> String {
    let words = outcome.outputText.split(separator: "\n").first?.split(separator: " ") ?? []
    guard let place = words.firstIndex(of: "with"), place + 1 < words.endIndex else {
      return "a key that was not told"
    }
    return Speech.text(words[(place + 1)...].joined(separator: " "), characters: 120)
  }
}

/// Copies of the files that ssh-keygen reads. No other account can change the copies meanwhile.
private struct Desk {
  static let allowed = "allowed_signers"
  static let signature = "signature"

  let path: String
  /// Nil where no key is revoked.
  let revoked: String?

  init(
    _ signers: [UInt8], _ revokedKeys: [UInt8]?, _ signature: [UInt8]
  ) throws(TagSigners.Fault) {
    let root = HostFacts.environment(["TMPDIR"])["TMPDIR"] ?? "/tmp"
    path = "\(root)/sluice-tag-\(Randomness.hexadecimal(bytes: 16))"
    revoked = revokedKeys == nil ? nil : "revoked_keys"
    do throws(SystemError) {
      guard try Files.claimDirectory(path, mode: 0o700) else {
        throw SystemError("mkdir", code: 17, path: path)
      }
      var files = [(Self.allowed, signers), (Self.signature, signature)]
      if let revokedKeys { files.append(("revoked_keys", revokedKeys)) }
      for (name, bytes) in files {
        try Files.replace("\(path)/\(name)", with: bytes, mode: 0o600, durable: false)
      }
    } catch {
      try? Files.removeTree(path)
      throw .port(
        PortError(error, remedy: "ssh-keygen needs a directory of its own there for a moment."))
    }
  }

  func remove() { try? Files.removeTree(path) }
}
