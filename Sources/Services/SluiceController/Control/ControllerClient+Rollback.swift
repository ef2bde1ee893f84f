import SluiceCore
import SluicePorts
import SluiceStatus

// A way back that a person asked for, from anywhere.

extension ControllerClient {
  /// A way back that has begun.
  public struct WayBack: Sendable {
    public let begun: Begun
    /// What was wrong with the ledger that it was begun without, and what it rests on.
    public let words: [String]
    /// What is wrong with the ledger of a controller that took the request all the same.
    public let fault: PortError?
  }

  /// Turns the active promotion round, or takes the last completed one back.
  ///
  /// The controller at work is told before the ledger is read, whatever the ledger says. Where none is at
  /// work, a ledger that does not add up is set aside first.
  ///
  /// - Parameters:
  ///   - tag: the release to come back to, where no promotion is active.
  ///   - isAtOnce: all hosts at once, and not in waves.
  public func rollBack(
    to tag: String?, now isAtOnce: Bool, actor: String, reason: String
  ) async throws(PortError) -> WayBack {
    let request = Request(action: .rollBack, actor: actor, reason: reason)
    if let taken = try await deliver(request) {
      return WayBack(begun: taken.begun, words: [], fault: taken.fault)
    }
    if let rescue = try await rescue(now: isAtOnce, actor: actor, reason: reason) {
      return WayBack(begun: rescue.begun, words: rescue.words, fault: nil)
    }
    let reading = try await LedgerReading.load(fleet.writer)
    let begun: Begun
    if let promotion = reading.replay.promotion, !promotion.phase.isTerminal {
      begun = try await ask(request).begun
    } else {
      begun = try await revert(to: tag, now: isAtOnce, actor: actor, reason: reason)
    }
    return WayBack(begun: begun, words: [], fault: nil)
  }

  /// Tries again at once what could not be verified.
  public func verify(actor: String, reason: String) async throws(PortError) -> WayBack {
    let taken = try await ask(Request(action: .verify, actor: actor, reason: reason))
    return WayBack(begun: taken.begun, words: [], fault: taken.fault)
  }
}
