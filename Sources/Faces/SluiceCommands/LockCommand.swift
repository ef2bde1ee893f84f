import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts

/// `sluice lock`: writes `openclaw.lock` of what stands in the infra checkout.
enum LockCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "lock", abstract: "Write openclaw.lock of what stands in the infra checkout.",
      discussion:
        "It pins the OpenClaw build, the skill pack and the tenants' fragments. Commit it with the "
        + "manifest beside it, and tag that commit: the tag is the release.",
      group: "Begin",
      options: [
        OptionSpec(
          "openclaw", valueName: "VERSION",
          help: "the OpenClaw build (default: the one in the present lock)"),
        OptionSpec(
          "build", valueName: "DIR",
          help:
            "an installed build (what npm install --prefix filled): pins its digests and schemas",
          completion: .directory),
        OptionSpec(
          "skills", valueName: "VERSION",
          help: "the skill pack's version (default: what skills/VERSION says)"),
        OptionSpec(
          "infra", valueName: "DIR", help: "the checkout (default: the writer's of sluice.yaml)",
          completion: .directory),
        OptionSpec("check", help: "only say whether the lock is true"),
      ],
      examples: [
        Example("sluice lock --openclaw 2026.9.6", "write it"),
        Example(
          "sluice lock --build /var/db/openclaw/builds/2026.9.6", "pin that build, byte for byte"),
        Example("sluice lock --check", "0 when it is true of what stands there"),
      ],
      exitCodes: [
        (ExitCode.done.rawValue, "written, or true already"),
        (ExitCode.changesPending.rawValue, "with --check: it is not true"),
      ])
  ) { command, terminal in
    let given = command.value("infra")
    // A checkout that is named needs no fleet; where there is one, it says how its tags have to be.
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
          : "\(pinning.path) is not what stands there.  Write it:  sluice lock\n")
      return wanted.isTrue ? .done : .changesPending
    }
    let lock = try pinning.write(wanted)
    try terminal.show(
      ["\(pinning.path)", "  OpenClaw \(lock.openclaw.version)" + pins(lock.openclaw)]
        + node(lock.openclaw) + [
          "  skills   \(lock.skills.version)  tree \(lock.skills.tree.short)",
          "  tenants  \(lock.tenants.count)",
          "Commit it with openclaw.skills.sha256, tag the commit, then:  sluice plan TAG",
        ] + signing(fleet), json: try CanonicalJSON.encode(lock))
    return .done
  }

  /// Where the fleet takes signed tags only, how such a tag is made: a tag without is seen late enough.
  private static func signing(_ fleet: Fleet?) -> [String] {
    guard let policy = fleet?.signedTags else { return [] }
    return [
      "The fleet takes tags that a key of \(policy.allowedSigners) signed, and no others:  git -c "
        + "gpg.format=ssh -c user.signingKey=~/.ssh/id_ed25519.pub tag -s TAG"
    ]
  }

  /// Which Node the build wants: every host has to have such a one.
  private static func node(_ build: ReleaseLock.OpenClaw) -> [String] {
    guard let range = build.node else { return [] }
    let isReadable = SemanticRange(range) != nil
    return [
      "  node     \(range)"
        + (isReadable ? "" : "  (no range that can be read: compare it by hand on every host)")
    ]
  }

  private static func pins(_ build: ReleaseLock.OpenClaw) -> String {
    let schemas = (build.schemas ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return (build.daemon.map { "  tree \($0.short)" } ?? "")
      + (schemas.isEmpty ? "" : "  schemas \(schemas.joined(separator: ", "))")
  }
}
