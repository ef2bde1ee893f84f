import SluiceArguments
import SluiceCore
import SluiceController
import SluiceJSON
import SluicePorts
import SluiceSystem

/// Options that several verbs share.
enum Options {
  // A line of the ledger has room for 65,535 bytes, and each of these stands in one with a plan.
  static let ticket = OptionSpec(
    "ticket", valueName: "ID", help: "your reference for the promotion; the ledger keeps it",
    maximumBytes: 200)
  static let actor = OptionSpec(
    "by", valueName: "NAME", help: "your name; the ledger keeps it (default: the account's name)",
    maximumBytes: 200)
  static let reason = OptionSpec(
    "reason", valueName: "TEXT", help: "why; the ledger keeps it", maximumBytes: 2_000)
  static let detach = OptionSpec(
    "detach", help: "return when it has begun; do not show it to its end")
}

extension Options {
  static let takeOver = OptionSpec(
    "take-over",
    help: "first end a controller that does not answer; its successor gets a higher epoch")
}

extension Terminal {
  /// Says that a request was taken although the ledger's chain is broken.
  func report(_ fault: PortError?) {
    guard let fault else { return }
    complain("the controller took the request. But \(fault.message)", remedy: fault.remedy)
  }

  /// Says that a request was taken: a sentence for people, a document for programs.
  func tell(_ sentence: String, _ id: PromotionID, _ what: String) {
    guard isJSON else { return message("\(sentence)\n") }
    show(
      [],
      json: [
        "schema": "sluice.taken/1", "promotion": .string(id.rawValue), "taken": .string(what),
      ])
  }
}

extension ParsedCommand {
  /// Ends a controller that does not answer, where that was asked for.
  func takeOverIfAsked(_ fleet: Fleet, _ terminal: Terminal) async throws {
    guard flag("take-over") else { return }
    guard let ended = try await steering(fleet).takeOver() else {
      return terminal.message("No controller holds the lease; there is none to end.\n")
    }
    terminal.message("Ended: \(Style.escaped(ended)). Its successor has a higher epoch.\n")
  }

  var actor: String { value("by") ?? HostFacts.userName }

  /// The fleet's file, absolute: a controller has another working directory.
  func fleetPath() -> String {
    let path = value("fleet") ?? FleetLoader.defaultPath
    return path.hasPrefix("/") ? path : "\(HostFacts.workingDirectory)/\(path)"
  }

  func steering(_ fleet: Fleet) -> ControllerClient {
    ControllerClient(fleet: fleet, fleetPath: fleetPath())
  }

  func request(_ action: Request.Action) -> Request {
    Request(action: action, actor: actor, reason: value("reason") ?? "")
  }
}
