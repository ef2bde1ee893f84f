import SluiceCore
import SluicePorts

/// Whether a controller is at work, by the writer's lock and by its own answer.
public enum ControllerSight: Sendable, Hashable {
  case none
  /// The controller answers, or has not opened its socket yet.
  case atWork(String)
  /// The controller holds the lock and does not answer.
  case silent(SilentController)

  /// The same for the core, which knows no processes.
  public var presence: Standstill.Controller {
    switch self {
    case .none: .none
    case .atWork: .atWork
    case .silent: .silent
    }
  }

  public var silent: SilentController? { if case .silent(let found) = self { found } else { nil } }
}

/// A controller that holds the writer's lock and does not answer.
public struct SilentController: Sendable, Hashable {
  /// `sluice controller, process 4711 on mac-w since …`.
  public let holder: String
  /// Nil when the lock does not say which process it is.
  public let process: Int32?
  /// Whether the process was stopped when it was looked at.
  public let isStopped: Bool

  public init(holder: String, process: Int32?, isStopped: Bool) {
    self.holder = holder
    self.process = process
    self.isStopped = isStopped
  }

  /// The state, in a sentence without its end.
  public var sentence: String {
    "the controller does not answer: \(holder); "
      + (isStopped ? "it is stopped" : "it may be stopped or hang")
  }

  /// The remedies, the gentlest first.
  var actions: [NextAction] {
    (process.map { [.wake($0)] } ?? []) + [.takeOver(.rollback), .takeOver(.resume)]
  }

  /// - Parameter verb: what takes over from it.
  public func remedy(_ verb: NextAction.Takeover) -> String {
    let wake = process.map {
      "Wake it:  \(NextAction.wake($0).text)   or end it and take over:  "
    }
    return (wake ?? "End it and take over:  ") + NextAction.takeOver(verb).text
  }

  /// For a request that it did not take.
  ///
  /// - Parameter verb: as it was typed.
  public func error(of verb: String) -> PortError {
    PortError(
      .unknown,
      "\(sentence). The \(verb) lies in its socket, and the controller refuses it when it wakes up",
      remedy: remedy(NextAction.Takeover(rawValue: verb) ?? .rollback))
  }
}
