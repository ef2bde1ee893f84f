import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts

/// `sluice lock`: writes `openclaw.lock` from the infra checkout.
enum LockCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "lock", abstract: "Write openclaw.lock from the infra checkout.",
      discussion:
        "The lock records the OpenClaw build, the skill pack and the tenants' fragments. Commit the "
        + "lock together with the manifest beside it, and tag that commit: the tag is the release.",
      group: "Begin",
      options: [
        OptionSpec(
          "openclaw", valueName: "VERSION",
          help: "the version of OpenClaw (default: the version in the present lock)"),
        OptionSpec(
          "build", valueName: "DIR",
          help:
            "an installed build (npm install --prefix DIR): record its digests and schemas",
          completion: .directory),
        OptionSpec(
          "skills", valueName: "VERSION",
          help: "the skill pack's version (default: the content of skills/VERSION)"),
        OptionSpec(
          "infra", valueName: "DIR",
          help: "the infra checkout (default: the writer's, as sluice.yaml says)",
          completion: .directory),
        OptionSpec("check", help: "only say whether the lock is true; write nothing"),
      ],
      examples: [
        Example("sluice lock --openclaw 2026.9.6", "write a lock for this version"),
        Example(
          "sluice lock --build /var/db/openclaw/builds/2026.9.6", "record that build, byte for byte"
        ),
        Example("sluice lock --check", "end with 0 when the lock is true"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "the lock is written, or is true"),
        (ExitCode.changesPending.rawValue, "with --check: the lock is not true"),
      ])
  ) { command, terminal in
    let given = command.value("infra")
    // A checkout that the operator names needs no fleet. A fleet says whether tags need a signature.
    let fleet = given == nil ? try command.fleet() : try? command.fleet()
    let infra = given ?? fleet?.writer.infra ?? ""
    let pinning = LockPinning(infra: infra)
    let wanted = try await pinning.read(
      openclaw: command.value("openclaw"), skills: command.value("skills"),
      build: command.value("build"))
    for note in wanted.notes { terminal.message("Note: \(note)\n") }
    if command.flag("check") {
      terminal.message(
        wanted.isTrue
          ? "\(pinning.path) is true.\n"
          : "\(pinning.path) is not true of the checkout.  Write it again:  sluice lock\n")
      return wanted.isTrue ? .done : .changesPending
    }
    let lock = try pinning.write(wanted)
    try terminal.show(
      ["\(pinning.path)", "  OpenClaw \(lock.openclaw.version)" + pins(lock.openclaw)]
        + node(lock.openclaw) + [
          "  skills   \(lock.skills.version)  tree \(lock.skills.tree.short)",
          "  tenants  \(lock.tenants.count)",
          "Commit the lock and openclaw.skills.sha256, tag the commit, then:  sluice plan TAG",
        ] + signing(fleet), json: try CanonicalJSON.encode(lock))
    return .done
  }

  /// How to sign a tag, where the fleet takes signed tags only.
  private static func signing(_ fleet: Fleet?) -> [String] {
    guard let policy = fleet?.signedTags else { return [] }
    return [
      "The fleet takes only tags that a key of \(policy.allowedSigners) signed:  git -c "
        + "gpg.format=ssh -c user.signingKey=~/.ssh/id_ed25519.pub tag -s TAG"
    ]
  }

  /// The Node versions that the build wants on every host.
  private static func node(_ build: ReleaseLock.OpenClaw) -> [String] {
    guard let range = build.node else { return [] }
    let isReadable = SemanticRange(range) != nil
    return [
      "  node     \(range)"
        + (isReadable ? "" : "  (Sluice cannot read this range: compare it by hand on every host)")
    ]
  }

  private static func pins(_ build: ReleaseLock.OpenClaw) -> String {
    let schemas = (build.schemas ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let platforms = build.platformsPinned.map { "  on \($0.joined(separator: ", "))" } ?? ""
    return (build.daemon.map { "  tree \($0.short)" } ?? "") + platforms
      + (schemas.isEmpty ? "" : "  schemas \(schemas.joined(separator: ", "))")
  }
}
