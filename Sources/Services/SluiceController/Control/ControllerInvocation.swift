import SluiceArguments
import SluiceCore

/// The command line of a controller, composed by its starter and parsed by the controller.
public struct ControllerInvocation: Sendable, Hashable {
  public enum Task: Sendable, Hashable {
    /// Run this plan from its beginning.
    ///
    /// - plan: enough hex digits of the plan's digest to identify it.
    /// - ticket: nil: the plan's own ticket.
    case start(PromotionID, plan: String, actor: String, ticket: String?)
    /// Continue the promotion in the ledger, and handle this request first.
    case resume(Request?)
  }

  public var task: Task
  /// The file for the controller's error, as JSON; nil: none.
  public var errorPath: String?

  public init(_ task: Task, errorPath: String? = nil) {
    self.task = task
    self.errorPath = errorPath
  }

  /// The options of a controller only; `--by`, `--ticket` and `--reason` belong to all verbs.
  public static let options: [OptionSpec] = [
    OptionSpec("start", valueName: "DIGEST", help: "run this plan from its beginning"),
    OptionSpec("id", valueName: "ID", help: "the new promotion's name"),
    OptionSpec("resume", help: "go on with the promotion in the ledger"),
    OptionSpec(
      "request", valueName: "ACTION", help: "with --resume: ask this first",
      choices: Request.Action.allCases.map(\.rawValue)),
    OptionSpec(
      "error-file", valueName: "FILE", help: "where its error goes, as JSON", completion: .file,
      isHidden: true),
  ]

  /// The arguments after `sluice controller --fleet FILE`. People's texts are joined to their
  /// options with `=`, because they may begin with a dash.
  public var arguments: [String] {
    let end = errorPath.map { ["--error-file=\($0)"] } ?? []
    switch task {
    case .start(let id, let plan, let actor, let ticket):
      return ["--start=\(plan)", "--id=\(id)", "--by=\(actor)"]
        + (ticket.map { ["--ticket=\($0)"] } ?? []) + end
    case .resume(nil): return ["--resume"] + end
    case .resume(let request?):
      return ["--resume", "--request=\(request.action.rawValue)", "--by=\(request.actor)"]
        + (request.reason.isEmpty ? [] : ["--reason=\(request.reason)"]) + end
    }
  }

  /// - Parameter actor: used if the command line names none.
  public init(_ command: ParsedCommand, actor: String) throws(UsageError) {
    let actor = command.value("by") ?? actor
    errorPath = command.value("error-file")
    if command.flag("resume") {
      let action = command.value("request").flatMap(Request.Action.init(rawValue:))
      task = .resume(
        action.map { Request(action: $0, actor: actor, reason: command.value("reason") ?? "") })
      return
    }
    guard let plan = command.value("start"), let id = command.value("id") else {
      throw command.usageError(
        "a controller needs --start with --id, or --resume",
        remedy: "People type:  sluice promote PLAN")
    }
    task = .start(
      PromotionID(rawValue: id), plan: plan, actor: actor, ticket: command.value("ticket"))
  }
}
