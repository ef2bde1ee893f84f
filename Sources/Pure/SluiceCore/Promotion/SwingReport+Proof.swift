extension SwingReport {
  /// Whether the host may be given sessions again. It must run what it was swung to, by its process's own
  /// word. On the way up its probe must not fail at all; on the way back it serves first: where Doctor
  /// is red everywhere, gateways that wait for it outside the balancer would leave nobody to serve.
  public func mayServe(after order: SwingOrder, of plan: Plan) -> Bool {
    guard after.marker == order.release.marker,
      after.version == order.release.lock.openclaw.version
    else { return false }
    if probe.status != .fail { return true }
    return order.release == plan.snapshot.release && probe.provesRelease
  }
}
