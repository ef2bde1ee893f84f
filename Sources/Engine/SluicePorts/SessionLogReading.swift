import SluiceCore

/// A balancer's session log that can be looked into without a promotion.
public protocol SessionLogReading: Sendable {
  /// The sessions that the log holds now, each once. Changes nothing, and takes no session from a
  /// promotion that counts the log. Throws `.unreachable` if the balancer does not answer.
  func held() async throws(PortError) -> [SessionRecord]
}
