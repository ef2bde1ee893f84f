/// A person's word that a plan may be run although something about it cannot simply be undone: who,
/// when, why, and exactly what was accepted. It stands in the ledger right behind the plan.
public struct Approval: Sendable, Hashable, Codable {
  public static let schemaName = "sluice.approval/1"

  public var schema: String = Approval.schemaName
  /// The digest of the plan that it is for, and of no other.
  public var plan: Digest
  public var actor: String
  public var reason: String
  /// Wall clock, milliseconds since 1970.
  public var atMilliseconds: Int64
  /// The plan's demands, word for word.
  public var accepts: [String]
  /// Room for a detached signature (SSHSIG) over the other fields; none is made or checked yet.
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
  /// What a person has to accept before it may be run; empty when nothing. The way back never needs
  /// an approval.
  public var demands: [String] { purpose == .promote ? build?.demands ?? [] : [] }

  /// Why it may not be run with this approval; nil when it may.
  public func faultOfApproval(_ approval: Approval?) -> String? {
    FrozenPlan(self).faultOfApproval(approval)
  }
}

extension FrozenPlan {
  /// Why the plan may not be run with this approval; nil when it may.
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
