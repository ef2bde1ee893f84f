import SluiceArguments

/// A program with every kind of declaration, for all tests of this target.
enum Sample {
  static let program = ProgramSpec(
    "sluice", version: "1.4.2",
    abstract: "Move an OpenClaw fleet from one release to the next by traffic ratio, and back.",
    discussion:
      "Nothing moves before plan has shown it.\n\n.dotted line, C:\\path, it's \"quoted\" ~ →",
    globalOptions: [
      OptionSpec(
        "fleet", short: "f", valueName: "FILE", help: "the fleet's description",
        defaultValue: "sluice.yaml", completion: .file),
      OptionSpec("json", help: "machine readable output"),
    ],
    commands: [
      plan, promote, tenants, completion,
      CommandSpec("debug", abstract: "Show the inside.", isHidden: true),
    ],
    examples: [Example("sluice plan v1.4.2 | less", "Look first.")],
    exitCodes: [(0, "done and verified"), (64, "usage")],
    environment: [("NO_COLOR", "no colour")],
    files: [("/var/db/openclaw/audit/promotions.jsonl", "the ledger")])

  static let plan = CommandSpec(
    "plan", abstract: "Show what a promotion would change.", group: "Promotion",
    arguments: [ArgumentSpec("TAG", help: "the release's tag")],
    examples: [Example("sluice plan v1.4.2", "Reads the whole fleet and changes nothing.")])

  static let promote = CommandSpec(
    "promote", abstract: "Run a plan that was read.",
    discussion: "Widens step by step, judges each step, and rolls back by itself.",
    group: "Promotion",
    arguments: [
      ArgumentSpec("PLAN", help: "the digest that plan printed"),
      ArgumentSpec(
        "HOST", help: "only these hosts", isRequired: false, isRepeatable: true,
        completion: .values(["mac-a", "mac-b", "it's odd"])),
    ],
    options: [
      OptionSpec("ticket", short: "t", valueName: "ID", help: "why it is done", isRequired: true),
      OptionSpec(
        "mode", valueName: "MODE", help: "how fast [or: slow]", defaultValue: "careful",
        choices: ["careful", "quick", "two words"]),
      OptionSpec("label", valueName: "TEXT", help: "a label", isRepeatable: true),
      OptionSpec("hold", valueName: "TIME", help: "least time of a step"),
      OptionSpec("steps", valueName: "N", help: "number of steps"),
      OptionSpec("state", valueName: "DIR", help: "where to keep it", completion: .directory),
      OptionSpec("yes", short: "y", help: "do not ask"),
      OptionSpec("chaos", help: "for tests", isHidden: true),
    ],
    examples: [Example("sluice promote 7f3a91c2 --ticket OPS-311", "What plan printed last.")],
    exitCodes: [(3, "gate failed, rolled back, verified")])

  static let tenants = CommandSpec(
    "tenants", abstract: "Look after tenants.", group: "Fleet",
    options: [OptionSpec("region", valueName: "NAME", help: "only there")],
    subcommands: [
      CommandSpec("list", abstract: "List tenants."),
      CommandSpec(
        "verify", abstract: "Check a tenant's fragments.",
        arguments: [ArgumentSpec("DIRECTORY", help: "where they are", completion: .directory)]),
    ])

  static let completion = CommandSpec(
    "completion", abstract: "Print a completion script.",
    arguments: [ArgumentSpec("SHELL", help: "the shell", choices: ["bash", "zsh", "fish"])])

  /// The command that the words mean.
  static func command(_ words: String...) throws -> ParsedCommand {
    guard case .command(let parsed) = try program.parse(words) else { throw NotACommand() }
    return parsed
  }

  /// The error that the words deserve, nil when they are fine.
  static func error(_ words: String...) -> UsageError? {
    do throws(UsageError) {
      _ = try program.parse(words)
      return nil
    } catch {
      return error
    }
  }

  struct NotACommand: Error {}
}
