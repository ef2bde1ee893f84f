import CSluiceSystem
import Synchronization

/// Reports once when a socket or a pipe can be read or written, by one thread that waits in `poll`.
///
/// Does not use Dispatch's sources: on Linux a source that is cancelled while the other side hangs
/// up may be finished twice, and that ends the process (swift-corelibs-libdispatch issue 949; met
/// with 6.3.1 in one of some fifty rehearsals).
public final class DescriptorPoller: Sendable {
  public enum Interest: Sendable { case reading, writing }

  /// Names one watch.
  public struct Ticket: Sendable, Hashable { fileprivate let number: UInt64 }

  private struct Watch {
    let entry: pollfd
    let handler: @Sendable () -> Void
  }

  private struct State {
    var watches: [UInt64: Watch] = [:]
    var last: UInt64 = 0
    /// Where a byte makes the thread look anew; -1 before it runs.
    var bell: Int32 = -1
    var isRung = false
  }

  public static let shared = DescriptorPoller()

  private let state = Mutex(State())

  private init() {}

  /// Calls the handler once, on the thread of all watches: the handler must not block. The
  /// readiness may be out of date, so read or write without blocking. A descriptor that fails, or
  /// whose other side hung up, is ready too.
  public func watch(
    _ descriptor: Int32, for interest: Interest, _ handler: @escaping @Sendable () -> Void
  ) -> Ticket {
    let events = Int16(interest == .reading ? POLLIN : POLLOUT)
    let entry = pollfd(fd: descriptor, events: events, revents: 0)
    return state.withLock { state in
      state.last += 1
      state.watches[state.last] = Watch(entry: entry, handler: handler)
      if state.bell < 0 { start(&state) }
      ring(&state)
      return Ticket(number: state.last)
    }
  }

  /// From here on the handler is not called, unless that has begun; the descriptor may be closed.
  public func cancel(_ ticket: Ticket) {
    state.withLock { state in
      guard state.watches.removeValue(forKey: ticket.number) != nil else { return }
      ring(&state)
    }
  }

  /// Where the system has no thread or pipe to give, the next watch tries again.
  private func start(_ state: inout State) {
    var ends: [Int32] = [-1, -1]
    guard sluice_pipe(&ends) == 0 else { return }
    for end in ends { _ = sluice_set_nonblocking(end) }
    let listening = ends[0]
    guard BlockingThread.start({ self.run(listening) }) else {
      for end in ends { SystemCalls.close(end) }
      return
    }
    state.bell = ends[1]
  }

  private func ring(_ state: inout State) {
    guard !state.isRung, state.bell >= 0 else { return }
    state.isRung = true
    var byte: UInt8 = 1
    _ = write(state.bell, &byte, 1)
  }

  private func run(_ listening: Int32) {
    while true {
      let watched = state.withLock { state in
        // Set after the last byte was taken: a later ring writes a new byte.
        state.isRung = false
        return state.watches.map { ($0.key, $0.value.entry) }
      }
      var entries = watched.map(\.1)
      entries.append(pollfd(fd: listening, events: Int16(POLLIN), revents: 0))
      guard poll(&entries, nfds_t(entries.count), -1) > 0 else { continue }
      if entries.removeLast().revents != 0 { Self.hush(listening) }
      let ready = zip(watched, entries).filter { $0.1.revents != 0 }.map(\.0.0)
      let handlers = state.withLock { state in
        ready.compactMap { state.watches.removeValue(forKey: $0)?.handler }
      }
      for handler in handlers { handler() }
    }
  }

  private static func hush(_ listening: Int32) {
    var bytes = [UInt8](repeating: 0, count: 16)
    while SystemCalls.read(listening, &bytes) > 0 {}
  }
}
