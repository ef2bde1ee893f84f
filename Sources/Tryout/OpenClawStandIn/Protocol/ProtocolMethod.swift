/// The methods that the stand-in has, and who may call them.
enum ProtocolMethod: String, Sendable, CaseIterable {
  case auditList = "audit.list"
  case chatSend = "chat.send"
  case diagnosticsLanes = "diagnostics.lanes"
  case restartPreflight = "gateway.restart.preflight"
  case restartRequest = "gateway.restart.request"
  case suspendPrepare = "gateway.suspend.prepare"
  case suspendResume = "gateway.suspend.resume"
  case suspendStatus = "gateway.suspend.status"
  case sessionsList = "sessions.list"
  case skillsStatus = "skills.status"
  case systemInfo = "system.info"

  var scope: Scope {
    switch self {
    case .suspendPrepare, .suspendResume, .restartRequest: .admin
    case .chatSend: .write
    default: .read
    }
  }

  /// Answered while the gateway is suspended, too.
  var controlsSuspension: Bool {
    switch self {
    case .suspendPrepare, .suspendResume, .suspendStatus: true
    default: false
    }
  }

  /// At most 30 a minute: the real one's backstop for control-plane writes.
  var isControlPlaneWrite: Bool { self == .suspendPrepare || self == .restartRequest }
}

/// When control-plane writes came, by method.
struct WriteBudget: Sendable {
  private static let limit = 30
  private static let windowMs: Int64 = 60_000
  private var times: [ProtocolMethod: [Int64]] = [:]

  /// How long to wait when the budget is spent; nil takes one from it.
  mutating func spend(_ method: ProtocolMethod, now: Int64) -> Int64? {
    var recent = (times[method] ?? []).filter { now - $0 < Self.windowMs }
    if recent.count >= Self.limit { return Self.windowMs - (now - recent[0]) }
    recent.append(now)
    times[method] = recent
    return nil
  }
}

extension Gateway {
  func call(
    _ name: String, _ parameters: JSON, scopes: Set<String>
  ) throws(ProtocolError) -> JSON {
    guard let method = ProtocolMethod(rawValue: name) else {
      throw .invalidRequest("unknown method: \(name)")
    }
    guard method.scope.isHeld(by: scopes) else { throw .missingScope(method.scope.rawValue) }
    try checkAvailable(method)
    if method.isControlPlaneWrite, let wait = writeBudget.spend(method, now: now) {
      throw .unavailable(
        "rate limit exceeded for \(name); retry after \((wait + 999) / 1000)s",
        details: ["method": .string(name), "limit": "30 per 60s"], retryAfterMs: wait)
    }
    switch method {
    case .auditList: return try listAudit(parameters)
    case .chatSend: return try sendChat(parameters)
    case .diagnosticsLanes: return lanes
    case .restartPreflight: return ActiveWork(lane).preflight
    case .restartRequest: return try requestRestart(parameters)
    case .suspendPrepare: return try prepareSuspension(parameters)
    case .suspendResume: return try resumeSuspension(parameters)
    case .suspendStatus: return try suspensionStatus(parameters)
    case .sessionsList: return try listSessions(parameters)
    case .skillsStatus: return skillsStatus
    case .systemInfo: return systemInfo
    }
  }

  private func checkAvailable(_ method: ProtocolMethod) throws(ProtocolError) {
    let name = JSON.string(method.rawValue)
    switch phase {
    case .loading, .starting:
      throw .unavailable(
        "\(method.rawValue) unavailable during gateway startup",
        details: ["reason": "startup-sidecars", "method": name], retryAfterMs: 500)
    case .restarting, .stopping, .ended:
      throw .unavailable(
        "\(method.rawValue) unavailable during gateway restart",
        details: [
          "method": name, "phase": .string(suspension.phase), "reason": "gateway-restarting",
        ], retryAfterMs: 1000)
    case .running:
      guard suspension.isHeld, !method.controlsSuspension else { return }
      throw .unavailable(
        "\(method.rawValue) unavailable during gateway suspension",
        details: [
          "method": name, "phase": .string(suspension.phase), "reason": "gateway-suspending",
        ], retryAfterMs: 1000)
    }
  }
}

extension JSON {
  /// Whether it is an object with none but these members: the real validators know no others.
  func hasOnly(_ allowed: Set<String>) -> Bool { keys?.allSatisfy(allowed.contains) ?? false }
}
