import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus
import SluiceSystem

extension Terminal {
  /// Runs what only shows a promotion; Ctrl-C ends that, and says who goes on without it.
  func untilInterrupted(
    _ fleet: Fleet, _ body: @escaping @Sendable () async throws -> ExitCode
  ) async throws -> ExitCode {
    try await withThrowingTaskGroup(of: ExitCode?.self) { group in
      defer { group.cancelAll() }
      group.addTask { try await body() }
      group.addTask {
        for await _ in SignalStream.signals([Self.interruption]) { return nil }
        return nil
      }
      if let first = try await group.next(), let code = first { return code }
      message(await Self.wordsAfterInterruption(fleet))
      return .interrupted
    }
  }

  /// SIGINT
  private static let interruption: Int32 = 2

  static func wordsAfterInterruption(_ fleet: Fleet) async -> String {
    switch await ControllerSight.take(fleet.writer) {
    case .none: return "\nsluice: interrupted. No controller is at work:  sluice status\n"
    case .silent(let silent):
      return "\nsluice: interrupted. \(Style.escaped(silent.sentence))\n"
        + "        \(Style.escaped(silent.remedy(.rollback)))\n"
    case .atWork(let holder):
      return "\nsluice: interrupted. The promotion goes on without this: \(Style.escaped(holder))\n"
        + "        See it:  sluice status --watch   hold it:  sluice pause   back:  "
        + "sluice rollback\n"
    }
  }
}
