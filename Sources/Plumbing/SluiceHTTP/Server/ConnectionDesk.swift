import Dispatch
import SluiceSystem
import Synchronization

/// Decides who may hold a connection, and for how long the connection may keep the server waiting.
///
/// libmicrohttpd begins its time limit anew with every byte, and accepts no more connections than
/// its maximum. So a client that sends a byte a second could keep all others out. Here a request
/// has one deadline. Where one address or all unknown clients hold their maximum, the connection
/// that has kept the server waiting longest is closed. An honest request takes a millisecond, so
/// its connection is never the longest.
final class ConnectionDesk: Sendable {
  private struct Seat: Sendable {
    let descriptor: Int32
    /// Nil on a unix socket, which has no limits.
    let peer: Peer?
    /// When the other side must be done: monotonic milliseconds. Nil while it waits for us.
    var due: Int64?
    /// Shut down by us: libmicrohttpd is about to close it. It takes no room any more.
    var isEnded = false

    var takesRoom: Bool { !isEnded }
  }

  private struct Peer: Sendable, Hashable {
    let address: String
    let isKnown: Bool
  }

  private struct State: Sendable {
    var seats: [UInt: Seat] = [:]
    var lastNumber: UInt = 0
    var isSweepPlanned = false
  }

  private let limits: HTTPServer.Limits
  private let state = Mutex(State())

  init(limits: HTTPServer.Limits) { self.limits = limits }

  // MARK: libmicrohttpd's threads

  /// Whether a connection from there may begin; another one may be ended for it.
  func admits(_ address: UnsafePointer<sockaddr>?) -> Bool {
    guard let peer = peer(address) else { return true }
    return state.withLock { state in
      Self.makeRoom(limits.perAddress, in: &state) { $0 == peer }
        && Self.makeRoom(peer.isKnown ? limits.known : limits.strangers, in: &state) {
          $0.isKnown == peer.isKnown
        }
    }
  }

  private static func makeRoom(
    _ limit: Int, in state: inout State, _ belongs: (Peer) -> Bool
  ) -> Bool {
    guard limit < .max else { return true }
    var count = 0
    var slowest: (number: UInt, due: Int64)?
    for (number, seat) in state.seats {
      guard seat.takesRoom, let peer = seat.peer, belongs(peer) else { continue }
      count += 1
      if let due = seat.due, due < slowest?.due ?? .max { slowest = (number, due) }
    }
    guard count >= limit else { return true }
    guard let slowest else { return false }
    end(slowest.number, in: &state)
    return true
  }

  /// Its number, never 0.
  func began(_ address: UnsafePointer<sockaddr>?, descriptor: Int32) -> UInt {
    let peer = peer(address)
    return state.withLock { state in
      state.lastNumber += 1
      state.seats[state.lastNumber] = Seat(descriptor: descriptor, peer: peer, due: due)
      planSweep(&state)
      return state.lastNumber
    }
  }

  /// The connection is gone. Called before its descriptor is closed, so that no later connection
  /// with the same number is ended in its place.
  func gone(_ number: UInt) {
    state.withLock { state in _ = state.seats.removeValue(forKey: number) }
  }

  /// From now on the server waits for the other side: for a request, or until it has read an answer.
  func waits(_ number: UInt) {
    state.withLock { state in
      state.seats[number]?.due = due
      planSweep(&state)
    }
  }

  /// From now on the other side waits for the server.
  func works(_ number: UInt) {
    state.withLock { state in state.seats[number]?.due = nil }
  }

  // MARK: Deadlines

  /// Without a deadline too: who has waited longest is known by it.
  private var due: Int64 {
    SystemClock.monotonicMilliseconds() + Int64(limits.deadlineMilliseconds ?? 0)
  }

  private func planSweep(_ state: inout State) {
    guard limits.deadlineMilliseconds != nil, !state.isSweepPlanned,
      let next = state.seats.values.lazy.filter({ !$0.isEnded }).compactMap(\.due).min()
    else { return }
    state.isSweepPlanned = true
    let wait = max(1, next - SystemClock.monotonicMilliseconds())
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(wait))) { [weak self] in
      self?.sweep()
    }
  }

  private func sweep() {
    let now = SystemClock.monotonicMilliseconds()
    state.withLock { state in
      state.isSweepPlanned = false
      for (number, seat) in state.seats where !seat.isEnded && seat.due.map({ $0 <= now }) == true {
        Self.end(number, in: &state)
      }
      planSweep(&state)
    }
  }

  /// Under the lock, so that the descriptor is still this connection's.
  private static func end(_ number: UInt, in state: inout State) {
    guard let seat = state.seats[number] else { return }
    state.seats[number]?.isEnded = true
    shutdown(seat.descriptor, Int32(SHUT_RDWR))
  }

  // MARK: Addresses

  private func peer(_ address: UnsafePointer<sockaddr>?) -> Peer? {
    guard let address, let text = addressText(address) else { return nil }
    return Peer(address: Self.holder(address) ?? text, isKnown: limits.isKnown(text))
  }

  /// One customer has a whole IPv6 /64: its first half counts as the address.
  static func holder(_ address: UnsafePointer<sockaddr>) -> String? {
    guard Int32(address.pointee.sa_family) == AF_INET6 else { return nil }
    let bytes = UnsafeRawBufferPointer(start: UnsafeRawPointer(address) + 8, count: 16)
    // An IPv4 address in IPv6 clothes stays whole.
    if bytes[..<10].allSatisfy({ $0 == 0 }) { return nil }
    return bytes[..<8].map { String($0, radix: 16) }.joined(separator: ":")
  }
}

extension HTTPServer {
  /// Limits that keep one client from taking all of a server.
  public struct Limits: Sendable {
    /// How long a request may take to arrive, head and body, and its answer to be read: together
    /// with the time between two requests of one connection. Nil: only silence is bounded, by
    /// `Options.idleTimeoutSeconds`.
    public var deadlineMilliseconds: Int?
    /// Connections of one address.
    public var perAddress: Int
    /// Connections of all addresses that are not known.
    public var strangers: Int
    /// Connections of all that are.
    public var known: Int
    /// Whether an address, in text, is known. Called on the server's thread: it answers at once.
    public var isKnown: @Sendable (String) -> Bool

    /// None but for the number of all connections.
    public init() {
      deadlineMilliseconds = nil
      perAddress = .max
      strangers = .max
      known = .max
      isKnown = { _ in true }
    }

    public init(
      deadlineMilliseconds: Int?, perAddress: Int, strangers: Int, known: Int,
      isKnown: @escaping @Sendable (String) -> Bool
    ) {
      self.deadlineMilliseconds = deadlineMilliseconds
      self.perAddress = perAddress
      self.strangers = strangers
      self.known = known
      self.isKnown = isKnown
    }
  }
}
