/// Why a promotion goes back.
public enum RollbackCause: Sendable, Hashable, Codable {
  /// A gate of the way up refused.
  case gate(Gate, sentence: String)
  /// An order of the way up failed.
  case order(Command.Kind, sentence: String)
  /// A host was swung, and does not prove that it runs what it was swung to.
  case unproven(HostName, sentence: String)
  /// A person asked for it, or the controller itself.
  case request(Request)
  /// The plan is the way back of a completed promotion.
  case plan

  /// As the ledger, the screen and people have it.
  public var sentence: String {
    switch self {
    case .gate(_, let sentence), .order(_, let sentence), .unproven(_, let sentence): sentence
    case .request(let request):
      "\(request.action.rawValue) by \(request.actor)"
        + (request.reason.isEmpty ? "" : ": \(request.reason)")
    case .plan: "asked for by a person"
    }
  }
}
