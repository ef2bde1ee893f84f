import SluiceCore
import Synchronization

/// The visible state of a host at one moment.
public struct HostFacts: Sendable, Hashable {
  /// The skills' version that the process loaded.
  public var version: String
  public var links: Links
  public var fingerprint: Digest
  public var status: MergedProbe.Status
  public var isAlive: Bool
  /// Whether a session of Sluice's own has gone through since the last start.
  public var isWarm: Bool
  /// The OpenClaw build that the process is.
  public var build: String
  /// Of the state that is in place.
  public var schemas: [String: Int]
  /// The build that wrote its configuration last.
  public var configuration: String

  /// Whether its gateway takes sessions, whatever its probe says of it.
  public var serves: Bool { isAlive }
  /// Whether it may also be promoted.
  public var isFit: Bool { isAlive && status != .fail }
  /// Its gateway is the release that the host is held to, whatever Doctor says of it.
  public var isSound: Bool
}

/// One change in the world outside, with the world as it was then.
public struct Effect: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case weights(Weights)
    case takenOut(HostName)
    case givenBack(HostName)
    case evicted(HostName)
    /// Its slice is there; no link names it.
    case prepared(HostName, OperationID)
    case placed(HostName, OperationID)
    /// `current` names another slice; the process does not know yet.
    case linked(HostName, OperationID, to: String)
    case restarted(HostName, OperationID)
    case swung(HostName, OperationID, to: String)
    case stateCopied(HostName, OperationID)
    case statePutBack(HostName, OperationID)
    /// Not Sluice's doing.
    case fault(String)

    /// The operation of a host that it belongs to.
    var operation: OperationID? {
      switch self {
      case .prepared(_, let id), .placed(_, let id), .linked(_, let id, _), .restarted(_, let id),
        .swung(_, let id, _),
        .stateCopied(_, let id), .statePutBack(_, let id):
        id
      default: nil
      }
    }
  }

  public var kind: Kind
  public var epoch: Epoch
  /// How many lines of the ledger were durable then.
  public var lines: Int
  var hosts: HostTable<HostFacts>
  public var balancer: BalancerState?

  /// Whether the balancer gives a host traffic and the host takes it.
  public func isInService(_ host: HostName) -> Bool {
    isGiven(host) && hosts[host]?.serves == true
  }

  /// Whether Sluice has it in the balancer.
  func isGiven(_ host: HostName) -> Bool {
    balancer?.servers.first { $0.host == host }?.isTakenOut == false
  }
}

/// All effects of a world in the order in which they became visible: the invariants check them.
public final class EffectLog: Sendable {
  private struct State: Sendable {
    var effects: [Effect] = []
    var hosts: HostTable<HostFacts> = [:]
    var balancer: BalancerState?
    var lines = 0
  }

  private let state: Mutex<State>

  public init() { state = Mutex(State()) }

  private init(_ state: State) { self.state = Mutex(state) }

  /// Another log with the same past.
  func fork() -> EffectLog { EffectLog(state.withLock { $0 }) }

  public var effects: [Effect] { state.withLock { $0.effects } }

  func note(_ facts: HostFacts, of host: HostName) { state.withLock { $0.hosts[host] = facts } }
  func note(_ balancer: BalancerState) { state.withLock { $0.balancer = balancer } }
  func note(lines: Int) { state.withLock { $0.lines = lines } }

  func serves(_ host: HostName) -> Bool { state.withLock { $0.hosts[host]?.serves ?? true } }

  public func record(_ kind: Effect.Kind, epoch: Epoch = Epoch(0)) {
    state.withLock {
      $0.effects.append(
        Effect(
          kind: kind, epoch: epoch, lines: $0.lines, hosts: $0.hosts, balancer: $0.balancer))
    }
  }
}
