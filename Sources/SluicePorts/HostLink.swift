import SluiceCore

/// One host, as the writer reaches it.
public protocol HostLink: Sendable {
  var host: HostName { get }

  /// Asks the host's agent to perform an operation. A moving one is performed at most once for its
  /// id: asked again, it answers as it did. Throws `.fenced` when the host has seen a higher epoch,
  /// `.unknown` when the answer was lost; then `outcome(of:)` tells.
  func perform(
    _ operation: NodeOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> NodeReport
}
