import SluiceCore
import SluiceYAML

/// `retention:`, how long `sluice gc` lets stored items stay.
enum RetentionSection {
  /// A host tells its writer about its last 40 operations, and each of these needs its record.
  private static let fewestOperations = 40

  /// Nil when the key is not there.
  static func read(_ value: YAMLValue?) throws(YAMLError) -> RetentionPolicy? {
    guard let section = try value?.mapping() else { return nil }
    var policy = RetentionPolicy()
    policy.ageMilliseconds =
      try section.optional("age")?.duration(in: 86_400_000...3_650 * 86_400_000)
      ?? policy.ageMilliseconds
    policy.promotions =
      try section.optional("promotions")?.integer(in: 1...10_000) ?? policy.promotions
    policy.slices = try section.optional("slices")?.integer(in: 2...1_000) ?? policy.slices
    policy.builds = try section.optional("builds")?.integer(in: 2...1_000) ?? policy.builds
    policy.states = try section.optional("states")?.integer(in: 1...1_000) ?? policy.states
    policy.operations =
      try section.optional("operations")?.integer(in: fewestOperations...400) ?? policy.operations
    try section.finish()
    return policy
  }
}
