import CSluiceSystem
import Dispatch
import Synchronization

/// Signals to this process as values.
public enum SignalStream {
  /// The signals of these numbers, from now on and in place of their default action. When the last
  /// stream of a number ends, its default action is back. Signals of one number that come faster
  /// than they are read may be merged.
  public static func signals(_ numbers: [Int32]) -> AsyncStream<Int32> {
    let wanted = Set(numbers)
    let (stream, continuation) = AsyncStream.makeStream(
      of: Int32.self, bufferingPolicy: .bufferingNewest(64))
    let ticket = SignalHub.shared.subscribe(wanted, continuation)
    continuation.onTermination = { _ in SignalHub.shared.unsubscribe(ticket) }
    return stream
  }

  /// Makes the signal do nothing. Children start with the default again.
  public static func ignore(_ number: Int32) { _ = sluice_signal_ignore(number) }
}

/// Hands the bytes that the signal handler writes into a pipe to everyone who asked for them.
private final class SignalHub: Sendable {
  private struct Subscriber {
    let numbers: Set<Int32>
    let continuation: AsyncStream<Int32>.Continuation
  }

  private struct State {
    var subscribers: [Int: Subscriber] = [:]
    var next = 0
    var handlerEnd: Int32 = -1
    var source: SourceBox?
  }

  /// `@unchecked Sendable`: kept only so that the source lives.
  private struct SourceBox: @unchecked Sendable { let source: any DispatchSourceRead }

  static let shared = SignalHub()
  private let state = Mutex(State())

  func subscribe(
    _ numbers: Set<Int32>, _ continuation: AsyncStream<Int32>.Continuation
  ) -> Int {
    state.withLock { state in
      if state.source == nil { start(&state) }
      state.next += 1
      state.subscribers[state.next] = Subscriber(numbers: numbers, continuation: continuation)
      for number in numbers { _ = sluice_signal_forward(number, state.handlerEnd) }
      return state.next
    }
  }

  func unsubscribe(_ ticket: Int) {
    state.withLock { state in
      guard let gone = state.subscribers.removeValue(forKey: ticket) else { return }
      let heard = state.subscribers.values.reduce(into: Set<Int32>()) { $0.formUnion($1.numbers) }
      for number in gone.numbers.subtracting(heard) { _ = sluice_signal_default(number) }
    }
  }

  private func start(_ state: inout State) {
    var ends: [Int32] = [-1, -1]
    guard sluice_pipe(&ends) == 0 else { return }
    _ = sluice_set_nonblocking(ends[0])
    _ = sluice_set_nonblocking(ends[1])
    let reading = ends[0]
    let source = DispatchSource.makeReadSource(
      fileDescriptor: reading, queue: DispatchQueue(label: "sluice.signals"))
    source.setEventHandler { self.deliver(from: reading) }
    state.source = SourceBox(source: source)
    state.handlerEnd = ends[1]
    source.activate()
  }

  private func deliver(from descriptor: Int32) {
    var buffer = [UInt8](repeating: 0, count: 64)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return }
    let subscribers = state.withLock { Array($0.subscribers.values) }
    for number in buffer[..<count].map(Int32.init) {
      for subscriber in subscribers where subscriber.numbers.contains(number) {
        subscriber.continuation.yield(number)
      }
    }
  }
}
