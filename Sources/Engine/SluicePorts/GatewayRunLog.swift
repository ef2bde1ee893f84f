import SluiceCore

/// An OpenClaw gateway's own log of its agents' runs.
public protocol GatewayRunLog: Sendable {
  /// The run log's rows after a cursor, at most one page; nil: only the newest row.
  func runs(after cursor: RunCursor?) async throws(PortError) -> RunPage
}
