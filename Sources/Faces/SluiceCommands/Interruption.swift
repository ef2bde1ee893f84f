import SluiceArguments
import SluiceCore
import SluiceController
import SluiceStatus
import SluiceSystem

extension Terminal {
  /// Runs a command that only shows a promotion. Ctrl-C ends the command, and the message says which
  /// controller continues.
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
      let (sentence, remedy) = await Self.wordsAfterInterruption(fleet)
      message("\n")
      complain("interrupted. \(sentence)", remedy: remedy)
      return .interrupted
    }
  }

  /// SIGINT
  private static let interruption: Int32 = 2

  static func wordsAfterInterruption(_ fleet: Fleet) async -> (sentence: String, remedy: String) {
    switch await ControllerSight.take(fleet.writer) {
    case .none: return ("No controller is at work", "Look:  sluice status")
    case .silent(let silent): return (silent.sentence, silent.remedy(.rollback))
    case .atWork(let holder):
      return (
        "The promotion continues: \(holder)",
        "Follow it:  sluice status --watch   Hold it:  sluice pause   Roll back:  sluice rollback"
      )
    }
  }
}
