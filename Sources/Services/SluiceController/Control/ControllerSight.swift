import SluiceCore
import SluiceLedgerStore
import SluicePorts
import SluiceSystem

/// Whether a controller is at work, by the writer's lock and by its own answer.
public enum ControllerSight: Sendable, Hashable {
  case none
  /// It answers, or has not opened its socket yet.
  case atWork(String)
  /// It holds the lock and does not answer.
  case silent(SilentController)

  /// - Parameter patience: how long it may take to answer.
  public static func take(_ writer: WriterSpec) async -> ControllerSight {
    let lock = WriterLock(path: writer.lockPath)
    guard let holder = await lock.holder() else { return .none }
    do throws(PortError) { _ = try await ControlChannel.send(nil, to: writer) } catch {
      guard error.kind == .unknown, let still = await lock.holder(), still == holder else {
        return await lock.holder().map { .atWork($0) } ?? .none
      }
      return .silent(SilentController(holder: holder, process: await lock.process()))
    }
    return .atWork(holder)
  }

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
  /// Nil when the lock does not say which one it is.
  public let process: ProcessIdentity?

  public init(holder: String, process: ProcessIdentity?) {
    self.holder = holder
    self.process = process
  }

  /// What is so, in a sentence without its end.
  public var sentence: String {
    let state =
      process.flatMap(Processes.isStopped) == true ? "it is stopped" : "it may be stopped or hang"
    return "the controller does not answer: \(holder); \(state)"
  }

  /// - Parameter verb: what takes over from it: `rollback` or `resume`.
  public func remedy(_ verb: String) -> String {
    let wake = process.map { "Wake it:  kill -CONT \($0.pid)   or end it and take over:  " }
    return (wake ?? "End it and take over:  ") + "sluice \(verb) --take-over"
  }

  /// For a request that it did not take.
  public func error(of verb: String) -> PortError {
    let again = ["rollback", "resume"].contains(verb) ? verb : "rollback"
    return PortError(
      .unknown, "\(sentence). The \(verb) lies in its socket; it refuses it when it wakes up",
      remedy: remedy(again))
  }
}
