import SluiceArguments
import SluiceCore
import SluiceDaemon
import SluiceJSON
import SluicePorts
import SluiceSystem

/// Options that several verbs share.
enum Options {
  // A line of the ledger has room for 65,535 bytes, and each of these stands in one with a plan.
  static let ticket = OptionSpec(
    "ticket", valueName: "ID", help: "the change's ticket, for the ledger", maximumBytes: 200)
  static let actor = OptionSpec(
    "by", valueName: "NAME", help: "who asks, for the ledger (default: the account's name)",
    maximumBytes: 200)
  static let reason = OptionSpec(
    "reason", valueName: "TEXT", help: "why, for the ledger", maximumBytes: 2_000)
  static let detach = OptionSpec(
    "detach", help: "return once it has begun, instead of showing it to its end")
}

extension Terminal {
  /// That something has begun or was taken: a sentence for people, a document for programs.
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
  var actor: String { value("by") ?? HostFacts.userName }

  /// The fleet's file, absolute: a controller has another working directory.
  func fleetPath() -> String {
    let path = value("fleet") ?? FleetLoader.defaultPath
    return path.hasPrefix("/") ? path : "\(HostFacts.workingDirectory)/\(path)"
  }

  func steering(_ fleet: Fleet) -> Steering { Steering(fleet: fleet, fleetPath: fleetPath()) }

  func request(_ action: Request.Action) -> Request {
    Request(action: action, actor: actor, reason: value("reason") ?? "")
  }
}
