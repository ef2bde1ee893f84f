import SluiceCore
import Synchronization

/// The agent's work since its start, for its metrics.
final class AgentCounters: Sendable {
  struct Values: Sendable {
    /// The highest epoch that the agent has seen.
    var epoch: Int64 = 0
    var refreshes = 0
    var retries = 0
    var doctorRuns: [Bool: Int] = [:]
    /// By operation and result, `swing done`.
    var operations: [Operation: Int] = [:]
  }

  struct Operation: Sendable, Hashable, Comparable {
    let name: String
    let result: String

    static func < (left: Operation, right: Operation) -> Bool {
      (left.name, left.result) < (right.name, right.result)
    }
  }

  private let state = Mutex(Values())

  var values: Values { state.withLock { $0 } }

  func show(epoch: Epoch) { state.withLock { $0.epoch = epoch.number } }
  func countRetry() { state.withLock { $0.retries += 1 } }
  func countRefresh() { state.withLock { $0.refreshes += 1 } }
  func countDoctor(answered: Bool) { state.withLock { $0.doctorRuns[answered, default: 0] += 1 } }
  func count(_ name: String, _ result: String) {
    state.withLock { $0.operations[Operation(name: name, result: result), default: 0] += 1 }
  }
}
