/// Why a promotion rolls back.
public enum RollbackCause: Sendable, Hashable, Codable {
  /// A gate of the way forward refused.
  case gate(Gate, sentence: String)
  /// An order of the way forward failed.
  case order(Command.Kind, sentence: String)
  /// A host was swung and does not prove that it runs the ordered release.
  case unproven(HostName, sentence: String)
  /// A person, or the controller itself, requested the rollback.
  case request(Request)
  /// The plan is the rollback of a completed promotion.
  case plan
  /// The plan is a drill, and its proof is done.
  case drill

  /// The cause for the ledger, the screen and people.
  public var sentence: String {
    switch self {
    case .gate(_, let sentence), .order(_, let sentence), .unproven(_, let sentence): sentence
    case .request(let request):
      "\(request.action.rawValue) by \(request.actor)"
        + (request.reason.isEmpty ? "" : ": \(request.reason)")
    case .plan: "asked for by a person"
    case .drill: "the drill goes back, as its plan says"
    }
  }
}
