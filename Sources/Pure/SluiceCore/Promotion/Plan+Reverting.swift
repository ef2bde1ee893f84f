extension Plan {
  /// The rollback of this plan: from the release that it brought to the state that it found.
  ///
  /// - Parameters:
  ///   - fleet: the present `sluice.yaml`.
  ///   - capabilities: of that fleet's balancer.
  ///   - isAtOnce: all hosts together instead of in waves.
  ///   - copies: for each host the swing that last copied its state; the rollback restores it.
  ///   - weights: the present ones; nil if unknown. Shares return as archived; pin epochs
  ///     and generations only rise.
  ///   - milliseconds: the writer's clock, since 1970.
  public func reverting(
    fleet: Fleet, capabilities: BalancerCapabilities = .all, now isAtOnce: Bool,
    copies: [HostName: OperationID], weights: Weights?, at milliseconds: Int64
  ) -> Plan {
    var plan = self
    plan.purpose = isAtOnce ? .revertNow : .revert
    if purpose.goesForward {
      (plan.from, plan.to) = (to, from)
      plan.build = build.flatMap { BuildChange(from: $0.to, to: $0.from) }
    }
    plan.fleet = fleet
    plan.capabilities = capabilities.inPlan
    // A rollback brings no pack to any host.
    plan.packBytes = nil
    for (host, copy) in copies { plan.snapshot.hosts[host]?.stateCopiedBy = copy }
    if let weights {
      plan.snapshot.weights.pinEpoch = max(snapshot.weights.pinEpoch, weights.pinEpoch)
      plan.snapshot.weights.generation = max(snapshot.weights.generation, weights.generation)
    }
    plan.madeAtMilliseconds = milliseconds
    return plan
  }
}
