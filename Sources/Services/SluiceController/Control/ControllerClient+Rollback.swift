import SluiceCore
import SluicePorts
import SluiceStatus

// A rollback at a person's request, from any state.

extension ControllerClient {
  /// A rollback that has begun.
  public struct BegunRollback: Sendable {
    public let begun: Begun
    /// The fault of a ledger that was set aside, and the basis of the rollback.
    public let words: [String]
    /// The fault of a running controller's ledger. The controller took the request nevertheless.
    public let fault: PortError?
  }

  /// Rolls back the active promotion, or else the last completed one.
  ///
  /// A running controller gets the request before the ledger is read, whatever the ledger contains.
  /// Without a controller a broken ledger is set aside first.
  ///
  /// - Parameters:
  ///   - tag: the release to return to, if no promotion is active.
  ///   - isAtOnce: all hosts at once instead of in waves.
  public func rollBack(
    to tag: String?, now isAtOnce: Bool, actor: String, reason: String
  ) async throws(PortError) -> BegunRollback {
    let request = Request(action: .rollBack, actor: actor, reason: reason)
    if let taken = try await deliver(request) {
      return BegunRollback(begun: taken.begun, words: [], fault: taken.fault)
    }
    if let rescue = try await rescue(now: isAtOnce, actor: actor, reason: reason) {
      return BegunRollback(begun: rescue.begun, words: rescue.words, fault: nil)
    }
    let reading = try await LedgerReading.load(fleet.writer)
    let begun: Begun
    if let promotion = reading.replay.promotion, !promotion.phase.isTerminal {
      begun = try await ask(request).begun
    } else {
      begun = try await revert(to: tag, now: isAtOnce, actor: actor, reason: reason)
    }
    return BegunRollback(begun: begun, words: [], fault: nil)
  }

  /// Retries at once the parts that could not be verified.
  public func verify(actor: String, reason: String) async throws(PortError) -> BegunRollback {
    let taken = try await ask(Request(action: .verify, actor: actor, reason: reason))
    return BegunRollback(begun: taken.begun, words: [], fault: taken.fault)
  }
}
