/// A person's consent to a plan that cannot simply be undone: who, when, why, and exactly which
/// demands. Its ledger line follows the plan's line.
public struct Approval: Sendable, Hashable, Codable {
  public static let schemaName = "sluice.approval/1"

  public var schema: String = Approval.schemaName
  /// The digest of the approved plan. The approval is valid for no other plan.
  public var plan: Digest
  public var actor: String
  public var reason: String
  /// Wall clock, milliseconds since 1970.
  public var atMilliseconds: Int64
  /// The plan's demands, verbatim.
  public var accepts: [String]
  /// Reserved for a detached signature (SSHSIG) over the other fields; not yet written or checked.
  public var signature: String?

  public init(
    plan: Digest, actor: String, reason: String, atMilliseconds: Int64, accepts: [String],
    signature: String? = nil
  ) {
    self.plan = plan
    self.actor = actor
    self.reason = reason
    self.atMilliseconds = atMilliseconds
    self.accepts = accepts
    self.signature = signature
  }
}

extension Plan {
  /// The demands that a person must approve before the plan can run; empty if none. A rollback
  /// never needs an approval.
  public var demands: [String] { purpose.goesForward ? build?.demands ?? [] : [] }

  /// Why the plan cannot run with this approval; nil if it can.
  public func faultOfApproval(_ approval: Approval?) -> String? {
    FrozenPlan(self).faultOfApproval(approval)
  }
}

extension FrozenPlan {
  /// Why the plan cannot run with this approval; nil if it can.
  func faultOfApproval(_ approval: Approval?) -> String? {
    let demands = plan.demands
    guard !demands.isEmpty else { return nil }
    guard let approval else { return "nobody has approved it: \(demands.joined(separator: " "))" }
    guard let digest, approval.plan == digest else {
      return
        "the approval of \(approval.actor) is for plan \(approval.plan.short), not for this one"
    }
    guard approval.accepts == demands else {
      return "\(approval.actor) accepted something else than what it demands: "
        + demands.joined(separator: " ")
    }
    return nil
  }
}
