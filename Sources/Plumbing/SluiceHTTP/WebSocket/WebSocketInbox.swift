import Synchronization

/// Messages between a channel, which delivers, and a caller of `receive`, who takes.
final class WebSocketInbox: Sendable {
  enum Taken: Sendable {
    case message(WebSocketMessage)
    case cancelled
    /// Another caller waits already.
    case busy
  }

  private struct State: Sendable {
    var messages: [WebSocketMessage] = []
    var head = 0
    var bytes = 0
    var isFull = false
    var closed: WebSocketMessage?
    var waiter: CheckedContinuation<Taken, Never>?
    var closeWaiters: [CheckedContinuation<Void, Never>] = []
  }

  /// Beyond either the channel stops reading until half is taken.
  private static let countLimit = 256
  private let byteLimit: Int
  private let state = Mutex(State())

  init(byteLimit: Int) { self.byteLimit = byteLimit }

  /// False when the channel is to pause.
  func deliver(_ message: WebSocketMessage) -> Bool {
    let (waiter, isFull) = state.withLock { state in
      if let waiter = state.waiter {
        state.waiter = nil
        return (Optional(waiter), false)
      }
      state.messages.append(message)
      state.bytes += message.byteCount
      state.isFull =
        state.messages.count - state.head >= Self.countLimit || state.bytes >= byteLimit
      return (nil, state.isFull)
    }
    waiter?.resume(returning: .message(message))
    return !isFull
  }

  func close(_ end: WebSocketMessage) {
    let (waiter, closeWaiters) = state.withLock { state in
      state.closed = end
      let taken = (state.waiter, state.closeWaiters)
      (state.waiter, state.closeWaiters) = (nil, [])
      return taken
    }
    waiter?.resume(returning: .message(end))
    closeWaiters.forEach { $0.resume() }
  }

  /// The next message; `resume` is called when a paused channel may read on.
  func take(resume: () -> Void) async -> Taken {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (taken, mayResume) = state.withLock { state in next(&state, continuation) }
        if mayResume { resume() }
        if let taken { continuation.resume(returning: taken) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        let waiter = state.waiter
        state.waiter = nil
        return waiter
      }
      waiter?.resume(returning: .cancelled)
    }
  }

  func waitForClose() async {
    await withCheckedContinuation { continuation in
      let isClosed = state.withLock { state in
        if state.closed == nil { state.closeWaiters.append(continuation) }
        return state.closed != nil
      }
      if isClosed { continuation.resume() }
    }
  }

  private func next(
    _ state: inout State, _ continuation: CheckedContinuation<Taken, Never>
  ) -> (Taken?, mayResume: Bool) {
    // Under the lock: a cancellation after this check finds the waiter.
    if Task.isCancelled { return (.cancelled, false) }
    if state.waiter != nil { return (.busy, false) }
    guard state.head < state.messages.count else {
      if let closed = state.closed { return (.message(closed), false) }
      state.waiter = continuation
      return (nil, false)
    }
    let message = state.messages[state.head]
    state.head += 1
    state.bytes -= message.byteCount
    if state.head * 2 >= state.messages.count {
      state.messages.removeFirst(state.head)
      state.head = 0
    }
    let left = state.messages.count - state.head
    let mayResume = state.isFull && left <= Self.countLimit / 2 && state.bytes <= byteLimit / 2
    if mayResume { state.isFull = false }
    return (.message(message), mayResume)
  }
}

extension WebSocketMessage {
  fileprivate var byteCount: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let bytes): bytes.count
    case .closed: 0
    }
  }
}
