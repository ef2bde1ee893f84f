import SluiceCore

/// What an OpenClaw gateway tells by itself.
public protocol GatewayNewsSource: Sendable {
  /// Keeps one connection to the gateway, over which the other ports ask while it stands, and tells what
  /// is heard on it. Returns when the task is cancelled.
  func attend(_ tell: @escaping @Sendable (GatewayNews) async -> Void) async
}
