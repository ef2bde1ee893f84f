import SluiceArguments
import SluiceCore
import SluiceDaemon
import SluicePorts

/// `sluice controller`: what `promote`, `resume` and `rollback` start as a process of its own.
enum ControllerCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "controller", abstract: "Move the promotion; started by promote, resume and rollback.",
      discussion: "Each has a log of its own in the writer's state directory, controllers/.",
      group: "Processes",
      options: [
        OptionSpec("start", valueName: "DIGEST", help: "run this plan from its beginning"),
        OptionSpec("id", valueName: "ID", help: "the new promotion's name"),
        OptionSpec("resume", help: "go on with the promotion in the ledger"),
        OptionSpec(
          "request", valueName: "ACTION", help: "with --resume: ask this first",
          choices: ["pause", "resume", "abort", "rollback", "verify"]),
        Options.actor, Options.ticket, Options.reason,
      ],
      examples: [Example("sluice controller --resume", "go on in the foreground")])
  ) { command, terminal in
    let fleet = try command.fleet()
    let task = try task(command, fleet)
    let services = try await Controller.services(for: fleet, resuming: command.flag("resume"))
    // Beside the promotion: a rollback waits for no keeper.
    async let keeper: Void = startKeeper(command.fleetPath(), services.fleet, terminal)
    let promotion = try await Controller(services).run(task)
    await keeper
    terminal.message("\(promotion.id) \(promotion.phase.title)\n")
    return PromotionShow.code(of: promotion) ?? .error
  }

  /// A promotion goes on without one: `status` says that there is none.
  private static func startKeeper(_ path: String, _ fleet: Fleet, _ terminal: Terminal) async {
    do throws(PortError) {
      try await Traffic.keeper(of: fleet, fleetPath: path)?.ensure()
    } catch { terminal.message("sluice: \(Style.escaped(error.message))\n") }
  }

  private static func task(_ command: ParsedCommand, _ fleet: Fleet) throws -> Controller.Task {
    if command.flag("resume") {
      let action = command.value("request").flatMap(Request.Action.init(rawValue:))
      return .resume(action.map(command.request))
    }
    guard let digest = command.value("start"), let id = command.value("id") else {
      throw command.usageError(
        "a controller needs --start with --id, or --resume",
        remedy: "People type:  sluice promote PLAN")
    }
    let store = PlanStore(fleet.writer)
    let document = try store.find(digest)
    return .start(
      PromotionID(rawValue: id), document.plan, actor: command.actor,
      ticket: command.value("ticket") ?? document.ticket,
      approval: try store.approval(of: document.digest))
  }
}
