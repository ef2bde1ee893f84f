import SluiceArguments
import SluiceCore
import SluiceController
import SluicePorts

/// `sluice controller`: the process that `promote`, `resume` and `rollback` start.
enum ControllerCommand {
  static let verb = Verb(
    spec: CommandSpec(
      "controller", abstract: "Run a promotion; promote, resume and rollback start this.",
      discussion: "You need not type this command. Each controller has a log of its own in "
        + "controllers/ of the writer's state directory.",
      group: "Processes",
      options: ControllerInvocation.options + [Options.actor, Options.ticket, Options.reason],
      examples: [Example("sluice controller --resume", "continue the promotion in the foreground")])
  ) { command, terminal in
    let invocation = try ControllerInvocation(command, actor: command.actor)
    do throws(PortError) {
      let promotion = try await run(invocation, command, terminal)
      terminal.message("\(promotion.id) \(promotion.phase.title)\n")
      return PromotionShow.code(of: promotion.phase) ?? .error
    } catch {
      invocation.errorPath.map(ControllerError.init(path:))?.write(error)
      throw error
    }
  }

  private static func run(
    _ invocation: ControllerInvocation, _ command: ParsedCommand, _ terminal: Terminal
  ) async throws(PortError) -> Promotion {
    let fleet = try command.fleet()
    let task = try task(invocation.task, fleet)
    let services = try await Controller.services(for: fleet, resuming: command.flag("resume"))
    // Beside the promotion, because a rollback does not wait for the keeper.
    async let keeper: Void = startKeeper(command.fleetPath(), services.fleet, terminal)
    do throws(PortError) {
      let promotion = try await Controller(services).run(task)
      await keeper
      return promotion
    } catch {
      await keeper
      throw error
    }
  }

  /// The promotion continues without a keeper; `status` says that there is none.
  private static func startKeeper(_ path: String, _ fleet: Fleet, _ terminal: Terminal) async {
    do throws(PortError) {
      try await Traffic.keeper(of: fleet, fleetPath: path)?.ensure()
    } catch { terminal.message("sluice: \(Style.escaped(error.message))\n") }
  }

  private static func task(
    _ task: ControllerInvocation.Task, _ fleet: Fleet
  ) throws(PortError) -> Controller.Task {
    switch task {
    case .resume(let request): return .resume(request)
    case .start(let id, let plan, let actor, let ticket):
      let store = PlanStore(fleet.writer)
      let document = try store.find(plan)
      return .start(
        id, document.plan, actor: actor, ticket: ticket ?? document.ticket,
        approval: try store.approval(of: document.digest))
    }
  }
}
