/// A plan as it was read, and as `promote` finds it again.
public struct PlanDocument: Sendable, Hashable, Codable {
  public static let schemaName = "sluice.plan-reading/1"
  public var schema = PlanDocument.schemaName
  public var plan: Plan
  public var digest: Digest
  public var ticket: String
  /// What stands in the way; a plan with blockers cannot be run.
  public var blockers: [String]
  /// What is not in order, but stands in nobody's way.
  public var warnings: [String]
  /// Files of the skill pack that differ between the releases.
  public var filesChanged: Int?
  public var balancer: BalancerState?

  public init(
    plan: Plan, digest: Digest, ticket: String, blockers: [String], warnings: [String],
    filesChanged: Int?, balancer: BalancerState?
  ) {
    self.plan = plan
    self.digest = digest
    self.ticket = ticket
    self.blockers = blockers
    self.warnings = warnings
    self.filesChanged = filesChanged
    self.balancer = balancer
  }
}
