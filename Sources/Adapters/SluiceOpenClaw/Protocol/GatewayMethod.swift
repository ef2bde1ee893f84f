/// The methods of the gateway's protocol that Sluice calls.
enum GatewayMethod: String, Sendable {
  case agentsList = "agents.list"
  case auditList = "audit.list"
  case chatSend = "chat.send"
  case diagnosticsLanes = "diagnostics.lanes"
  case restartRequest = "gateway.restart.request"
  case sessionsList = "sessions.list"
  case skillsStatus = "skills.status"
  case suspendPrepare = "gateway.suspend.prepare"
  case suspendResume = "gateway.suspend.resume"
  case suspendStatus = "gateway.suspend.status"
  case systemInfo = "system.info"

  /// A connection asks for what it needs, no more. `admin` includes the others.
  var scope: String {
    switch self {
    case .restartRequest, .suspendPrepare, .suspendResume: "operator.admin"
    case .chatSend: "operator.write"
    case .agentsList, .auditList, .diagnosticsLanes, .sessionsList, .skillsStatus, .suspendStatus,
      .systemInfo:
      "operator.read"
    }
  }

  /// Whether a lost answer leaves it open what was done.
  var changes: Bool { scope != "operator.read" }

  var needed: String {
    switch self {
    case .restartRequest: "to restart it in place"
    case .suspendPrepare, .suspendResume, .suspendStatus: "to drain it"
    case .skillsStatus: "to prove which release it has loaded"
    case .chatSend: "to warm it up"
    case .auditList: "to know what its agents did"
    case .diagnosticsLanes: "to know its queue depth"
    case .systemInfo: "to know its process"
    case .agentsList, .sessionsList: "to count what a new build would lose"
    }
  }
}

/// The methods that one gateway offers, by its own hello. A missing method is met here and nowhere
/// else.
struct ProtocolOffer: Sendable {
  let version: String
  /// Nil when the gateway lists none: then it is asked, and may refuse.
  let methods: Set<String>?

  func has(_ method: GatewayMethod) -> Bool { methods?.contains(method.rawValue) ?? true }

  func require(_ method: GatewayMethod) throws(ConversationFailure) {
    if !has(method) { throw .missing(method, version: version) }
  }
}
