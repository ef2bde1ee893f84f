import SluiceCore
import SluicePorts

// Setting the share: told, read back, and tried again where a way back depends on it.

extension Executor {
  /// One order tries again for so long before its failure is told anew.
  private static let longestInsistence: Int64 = 300_000
  private static let firstWait: Int64 = 2_000
  private static let longestWait: Int64 = 15_000
  private static let lookInterval: Int64 = 1_000

  /// - Parameter last: the failure that the ledger has already; the same one again says nothing new.
  func apply(_ weights: Weights, _ epoch: Epoch, after last: CommandFailure?) async -> Outcome {
    let began = env.time.now()
    var wait = Self.firstWait
    while true {
      let failure: CommandFailure
      do throws(PortError) { return try await apply(weights, epoch) } catch {
        failure = CommandFailure(error, weights: (try? await env.balancer.read())?.weights)
        let waited = env.time.now().milliseconds(since: began) ?? Int64.max
        guard let last, failure.message == last.message, error.kind != .fenced,
          failure.weights?.generation ?? 0 <= weights.generation,
          waited < Self.longestInsistence
        else { return .failed(failure) }
      }
      let isSilent = failure.weights == nil
      guard await pause(atMost: wait, untilItAnswers: isSilent) else { return .failed(failure) }
      wait = min(2 * wait, Self.longestWait)
    }
  }

  private func apply(_ weights: Weights, _ epoch: Epoch) async throws(PortError) -> Outcome {
    let state = try await env.balancer.apply(weights, epoch: epoch)
    guard state.weights == weights else {
      throw PortError(
        .failed,
        "the balancer was told \(weights.share) and reads back \(state.weights.share)",
        remedy: "Somebody else changes it, or it does not do what it says: sluice explain")
    }
    return .applied(state)
  }

  /// Waits, but no longer than until a balancer that did not answer does; false when the controller is
  /// stopping.
  private func pause(atMost milliseconds: Int64, untilItAnswers: Bool) async -> Bool {
    var left = milliseconds
    while left > 0 {
      let next = min(left, Self.lookInterval)
      do { try await pause(.milliseconds(next)) } catch { return false }
      left -= next
      if untilItAnswers, left > 0, (try? await env.balancer.read()) != nil { return true }
    }
    return true
  }
}

extension CommandFailure {
  package init(_ error: PortError, weights: Weights? = nil) {
    self.init(
      message: error.message, remedy: error.remedy,
      isUnknown: error.kind == .unknown || error.kind == .unreachable, weights: weights)
  }
}
