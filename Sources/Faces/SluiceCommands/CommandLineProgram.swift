import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts
import SluiceSystem

/// Parses, calls a verb, renders what went wrong. No decisions.
public enum CommandLineProgram {
  public static let version = SluiceVersion.text

  static let spec = ProgramSpec(
    "sluice", version: version,
    abstract: "Move an OpenClaw fleet from one release to the next by traffic ratio, and back.",
    globalOptions: [
      OptionSpec(
        "fleet", valueName: "FILE", help: "the fleet's description",
        defaultValue: FleetLoader.defaultPath, completion: .file),
      OptionSpec("json", help: "one JSON document on standard output instead of text"),
    ],
    commands: verbs.map(\.spec),
    exitCodes: ExitCode.allCases.map { ($0.rawValue, $0.meaning) },
    environment: [("NO_COLOR", "when set: no colour")],
    files: [(FleetLoader.defaultPath, "the fleet; docs/sluice.yaml shows every key")])

  static let verbs: [Verb] = [
    InitCommand.verb, HostsCommand.verb, RehearseCommand.verb, SimulateCommand.verb,
    CheckCommand.verb, AdoptCommand.verb,
    AcceptCommand.verb, LockCommand.verb, PlanCommand.verb, ApproveCommand.verb,
    PromoteCommand.verb, DrillCommand.verb, StatusCommand.verb, ExplainCommand.verb,
    PauseCommand.verb, ResumeCommand.verb, AbortCommand.verb, RollbackCommand.verb,
    ProbeCommand.verb, AuditCommand.verb, GcCommand.verb, TenantsCommand.verb,
    BalancerCommand.verb, AgentCommand.verb, NodeCommand.verb, ControllerCommand.verb,
    CompletionCommand.verb,
  ]

  public static func runAndExit() async {
    ProgramStart.prepare()
    let arguments = Array(CommandLine.arguments.dropFirst())
    let isTerminal = isatty(STDOUT_FILENO) == 1
    var environment: [String: String] = [:]
    for name in ["NO_COLOR", "TERM"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    var readLine: (@Sendable () async -> String?)?
    if let input = TerminalInput() { readLine = { await input.line() } }
    let terminal = Terminal(
      style: Style(isTerminal: isTerminal, environment: environment),
      isJSON: arguments.contains("--json"), isLive: isTerminal && environment["TERM"] != "dumb",
      width: Terminal.size(toError: false).textWidth,
      readLine: readLine
    ) { text, isMessage in StandardStreams.write(text, toError: isMessage) }
    let code = await run(arguments, on: terminal)
    exit(code.rawValue)
  }

  public static func run(_ arguments: [String], on terminal: Terminal) async -> ExitCode {
    let result: ParseResult
    do throws(UsageError) {
      result =
        try spec.parse(arguments, style: terminal.style, width: terminal.width)
    } catch {
      terminal.message("\(error)\n")
      return .usage
    }
    switch result {
    case .help(let text), .version(let text):
      terminal.data(text.hasSuffix("\n") ? text : text + "\n")
      return .done
    case .command(let command): return await run(command, on: terminal)
    }
  }

  private static func run(_ command: ParsedCommand, on terminal: Terminal) async -> ExitCode {
    guard let verb = verbs.first(where: { $0.spec.name == command.path.first }) else {
      terminal.message("sluice: \(command.path.joined(separator: " ")) is not a command\n")
      return .usage
    }
    do { return try await verb.run(command, terminal) } catch let error as PortError {
      terminal.complain(error.message, remedy: error.remedy)
      return error.kind == .fenced ? .frozen : .error
    } catch let error as UsageError {
      terminal.message("\(error)\n")
      return .usage
    } catch {
      terminal.message("sluice: \(Style.escaped("\(error)"))\n")
      return .error
    }
  }
}

/// A verb as it is declared, and what it does.
struct Verb: Sendable {
  let spec: CommandSpec
  let run: @Sendable (ParsedCommand, Terminal) async throws -> ExitCode
}

extension ParsedCommand {
  /// The fleet that the command is about.
  func fleet() throws(PortError) -> Fleet {
    try FleetLoader.load(value("fleet") ?? FleetLoader.defaultPath)
  }
}
