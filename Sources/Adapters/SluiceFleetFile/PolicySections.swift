import SluiceCore
import SluiceYAML

/// `judge:`, `probe:` and `swing:`. An absent key has the default given here.
enum PolicySections {
  static func judge(_ value: YAMLValue?) throws(YAMLError) -> JudgeLimits {
    var limits = JudgeLimits(
      minimumSessions: 50, errorMargin: 200, latencyFactor: 150, intervalMilliseconds: 15_000,
      progressMilliseconds: 3_600_000, unfinishedMilliseconds: 600_000)
    guard let section = try value?.mapping() else { return limits }
    limits.minimumSessions =
      try section.optional("minimum_sessions")?.integer(in: 1...1_000_000) ?? limits.minimumSessions
    limits.errorMargin =
      try section.optional("error_margin")?.percent(in: 0...5_000) ?? limits.errorMargin
    // A factor as per cent of the stable arm's: 150% is half as slow again.
    limits.latencyFactor =
      try section.optional("p95_limit")?.percent(in: 10_000...100_000) / 100
      ?? limits.latencyFactor
    limits.intervalMilliseconds =
      try section.optional("interval")?.duration(in: 100...3_600_000) ?? limits.intervalMilliseconds
    limits.progressMilliseconds =
      try section.optional("progress")?.duration(in: 1_000...86_400_000)
      ?? limits.progressMilliseconds
    limits.unfinishedMilliseconds =
      try section.optional("unfinished")?.duration(in: 1_000...86_400_000)
      ?? limits.unfinishedMilliseconds
    try section.finish()
    return limits
  }

  static func probe(_ value: YAMLValue?) throws(YAMLError) -> ProbePolicy {
    var policy = ProbePolicy(
      intervalMilliseconds: 300_000, doctorMilliseconds: 300_000, maximumAgeMilliseconds: 900_000,
      queueLimit: 8)
    guard let section = try value?.mapping() else { return policy }
    policy.intervalMilliseconds =
      try section.optional("interval")?.duration(in: 100...3_600_000) ?? policy.intervalMilliseconds
    policy.doctorMilliseconds =
      try section.optional("doctor")?.duration(in: 100...86_400_000) ?? policy.doctorMilliseconds
    let age = section.optional("maximum_age")
    policy.maximumAgeMilliseconds =
      try age?.duration(in: 100...86_400_000) ?? 3 * policy.intervalMilliseconds
    policy.queueLimit =
      try section.optional("queue_limit")?.integer(in: 0...1_000_000) ?? policy.queueLimit
    if let age, policy.maximumAgeMilliseconds < policy.intervalMilliseconds {
      throw age.error(
        "maximum_age is shorter than the probe's interval: every answer would be too old",
        "Make it at least twice the interval.")
    }
    try section.finish()
    return policy
  }

  /// Nil when the key is not there.
  static func probeFrom(_ value: YAMLValue?) throws(YAMLError) -> [String]? {
    guard let items = try value?.list() else { return nil }
    var networks: [String] = []
    for item in items {
      let text = try item.string()
      guard Network(text) != nil else {
        throw item.error(
          "\"\(text)\" is no address and no network",
          "Write an IP address, 10.0.0.5, or a network by its first one, 10.0.0.0/24. Names are "
            + "not looked up.")
      }
      networks.append(text)
    }
    return networks
  }

  /// Nil when the key is not there.
  static func tryBuild(_ value: YAMLValue?) throws(YAMLError) -> TrialPolicy? {
    guard let section = try value?.mapping() else { return nil }
    var policy = TrialPolicy(isRequired: false)
    policy.isRequired = try section.optional("required")?.boolean() ?? policy.isRequired
    policy.limitMilliseconds =
      try section.optional("limit")?.duration(in: 10_000...3_600_000) ?? policy.limitMilliseconds
    try section.finish()
    return policy
  }

  static func swing(_ value: YAMLValue?) throws(YAMLError) -> SwingPolicy {
    var policy = SwingPolicy(
      restart: .always, restartBy: .service, drainMilliseconds: 120_000, atDrainDeadline: .cut,
      startMilliseconds: 120_000, rollbackDrainMilliseconds: SwingPolicy.usualRollbackDrain)
    guard let section = try value?.mapping() else { return policy }
    policy.restart =
      try section.optional("restart")?.enumeration(of: SwingPolicy.Restart.self) ?? policy.restart
    policy.restartBy =
      try section.optional("restart_by")?.enumeration(of: SwingPolicy.RestartBy.self)
      ?? policy.restartBy
    policy.drainMilliseconds =
      try section.optional("drain")?.duration(in: 0...3_600_000) ?? policy.drainMilliseconds
    policy.atDrainDeadline =
      try section.optional("at_drain_deadline")?.enumeration(of: SwingPolicy.AtDrainDeadline.self)
      ?? policy.atDrainDeadline
    policy.rollbackDrainMilliseconds =
      try section.optional("rollback_drain")?.duration(in: 0...600_000)
      ?? SwingPolicy.usualRollbackDrain
    policy.startMilliseconds =
      try section.optional("start")?.duration(in: 1_000...3_600_000) ?? policy.startMilliseconds
    policy.deadManMilliseconds = try section.optional("dead_man")?
      .duration(in: min(policy.leastDeadMan, 86_400_000)...86_400_000)
    try section.finish()
    return policy
  }
}

private func / (value: Int?, divisor: Int) -> Int? { value.map { $0 / divisor } }
