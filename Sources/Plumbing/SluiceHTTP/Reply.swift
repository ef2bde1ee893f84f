import Synchronization

/// A value that one task waits for; the first value given counts.
final class Reply<Value: Sendable>: Sendable {
  private enum State: Sendable {
    case empty
    case waiting(CheckedContinuation<Value, Never>)
    case given(Value)
    case taken
  }

  private let state = Mutex(State.empty)

  /// False when one was given before; this one is then not delivered.
  @discardableResult
  func give(_ value: Value) -> Bool {
    let (isFirst, waiter): (Bool, CheckedContinuation<Value, Never>?) = state.withLock { state in
      switch state {
      case .empty:
        state = .given(value)
        return (true, nil)
      case .waiting(let continuation):
        state = .taken
        return (true, continuation)
      case .given, .taken:
        return (false, nil)
      }
    }
    waiter?.resume(returning: value)
    return isFirst
  }

  var isGiven: Bool {
    state.withLock { state in
      switch state {
      case .empty, .waiting: false
      case .given, .taken: true
      }
    }
  }

  /// Called once.
  func wait() async -> Value {
    await withCheckedContinuation { continuation in
      let given: Value? = state.withLock { state in
        guard case .given(let value) = state else {
          state = .waiting(continuation)
          return nil
        }
        state = .taken
        return value
      }
      if let given { continuation.resume(returning: given) }
    }
  }

  /// The same; when the task is cancelled first, that value.
  func wait(orWhenCancelled value: Value) async -> Value {
    await withTaskCancellationHandler {
      await wait()
    } onCancel: {
      give(value)
    }
  }
}
