import SluiceCore

/// The events that say something about the gateway. Of those that carry what people say nothing is
/// decoded but the phase.
enum GatewayEvents {
  private struct Phase: Decodable {
    let phase: String
  }

  private struct Shutdown: Decodable {
    let reason: String?
  }

  private struct Agent: Decodable {
    struct Data: Decodable {
      let phase: String?
    }
    let stream: String
    let sessionKey: String?
    let data: Data?
  }

  /// Nil for an unknown event, or one that does not concern the gateway itself.
  static func news(_ event: String, _ frame: [UInt8]) -> GatewayNews? {
    switch event {
    case "gateway.suspension":
      return payload(Phase.self, frame).map { .suspension(phase: $0.phase) }
    case "shutdown":
      return .shutdown(reason: (payload(Shutdown.self, frame)?.reason ?? "no reason given").shown)
    case "agent":
      guard let agent = payload(Agent.self, frame), !isOwn(agent.sessionKey) else { return nil }
      switch (agent.stream, agent.data?.phase) {
      case ("lifecycle", "start"): return .runStarted
      case ("run_status", "retrying"): return .runRetried
      default: return nil
      }
    default: return nil
    }
  }

  /// Whether a session is Sluice's own warm-up.
  static func isOwn(_ sessionKey: String?) -> Bool {
    sessionKey?.hasSuffix(":\(OpenClawGateway.warmUpSessionKey)") == true
      || sessionKey == OpenClawGateway.warmUpSessionKey
  }

  private static func payload<Value: Decodable>(_ type: Value.Type, _ frame: [UInt8]) -> Value? {
    JSONText.decode(Frames.Payload<Value>.self, frame)?.payload
  }
}
