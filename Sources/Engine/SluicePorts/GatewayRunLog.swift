import SluiceCore

/// An OpenClaw gateway's own ledger of what its agents ran.
public protocol GatewayRunLog: Sendable {
  /// The rows of its run ledger after a cursor, as many as one page holds; nil: its newest row alone.
  func runs(after cursor: RunCursor?) async throws(PortError) -> RunPage
}
