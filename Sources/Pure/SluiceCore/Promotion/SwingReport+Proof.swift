extension SwingReport {
  /// Whether the host may get sessions again. Its process must report the ordered release. On the
  /// way forward its probe must not fail at all. In a rollback serving comes first: if Doctor fails on
  /// every gateway, waiting for Doctor outside the balancer would leave no gateway in service.
  public func mayServe(after order: SwingOrder, of plan: Plan) -> Bool {
    guard after.marker == order.release.marker,
      after.version == order.release.lock.openclaw.version
    else { return false }
    if probe.status != .fail { return true }
    return order.release == plan.snapshot.release && probe.provesRelease
  }
}
