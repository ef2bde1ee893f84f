/// A plan with its circumstances, as `plan` stores it and `promote` loads it.
public struct PlanDocument: Sendable, Hashable, Codable {
  public static let schemaName = "sluice.plan-reading/1"
  public var schema = PlanDocument.schemaName
  public var plan: Plan
  public var digest: Digest
  public var ticket: String
  /// A plan with blockers cannot run.
  public var blockers: [String]
  /// Irregularities that do not block.
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
