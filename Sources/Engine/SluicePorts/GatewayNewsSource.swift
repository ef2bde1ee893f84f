import SluiceCore

/// A source of the events that an OpenClaw gateway sends by itself.
public protocol GatewayNewsSource: Sendable {
  /// Keeps one connection to the gateway and passes on its events. The other ports use the
  /// connection while it is open. Returns when the task is cancelled.
  func attend(_ tell: @escaping @Sendable (GatewayNews) async -> Void) async
}
