extension Plan {
  /// The way back of what this plan did: from the release that it brought to the state that it found.
  ///
  /// - Parameters:
  ///   - fleet: as `sluice.yaml` has it now.
  ///   - capabilities: of that fleet's balancer.
  ///   - isAtOnce: all hosts together instead of in waves.
  ///   - copies: the swing that copied each host's state last; the way back puts those copies in place.
  ///   - weights: what is in force; nil where nobody can tell. Shares come back as archived, but pins
  ///     and generations only ever grow.
  ///   - milliseconds: the writer's clock, since 1970.
  public func reverting(
    fleet: Fleet, capabilities: BalancerCapabilities = .all, now isAtOnce: Bool,
    copies: [HostName: OperationID], weights: Weights?, at milliseconds: Int64
  ) -> Plan {
    var plan = self
    plan.purpose = isAtOnce ? .revertNow : .revert
    if purpose == .promote {
      (plan.from, plan.to) = (to, from)
      plan.build = build.flatMap { BuildChange(from: $0.to, to: $0.from) }
    }
    plan.fleet = fleet
    plan.capabilities = capabilities.inPlan
    // It brings no pack anywhere.
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
