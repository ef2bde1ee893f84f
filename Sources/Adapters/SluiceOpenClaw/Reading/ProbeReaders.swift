import SluiceCore
import SluiceHTTP

/// An answer over HTTP, as far as anything is decided by it.
struct ProbeAnswer: Sendable {
  var status: Int
  var contentType: String
  var body: [UInt8]

  init(status: Int, contentType: String, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  init(_ response: HTTPResponse) {
    self.init(
      status: response.status, contentType: response.headers["Content-Type"] ?? "",
      body: response.body)
  }

  /// For a message: `application/json`.
  var kind: String {
    let type = contentType.prefix { $0 != ";" }
    return type.isEmpty ? "no content type" : String(type.shown.prefix(60))
  }

  func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
    kind == "application/json" ? JSONText.decode(type, body) : nil
  }
}

/// The answers of the HTTP probes. OpenClaw answers 200 with a page to a path that it does not
/// know. So only JSON of the expected form is an answer, whatever its status.
enum ProbeReaders {
  private struct Startup: Decodable {
    let status: String
    let pendingReason: String?
    /// Milliseconds; only for a caller on loopback or with the token.
    let uptimeMs: Int64?
  }

  private struct Ready: Decodable {
    let ready: Bool
    /// Only for a caller on loopback or with the token.
    let failing: [String]?
  }

  private struct Live: Decodable {
    let status: String
  }

  private struct ErrorBody: Decodable {
    struct Fault: Decodable {
      let type: String?
      let code: String?
      let message: String?
    }
    let error: Fault
  }

  /// The answer of `/startupz`; nil when the gateway has started or does not know the path: then
  /// `/readyz` decides.
  static func startup(_ answer: ProbeAnswer) -> GatewayReadiness? {
    guard let startup = answer.decode(Startup.self) else { return nil }
    switch startup.status {
    case "starting": return .starting((startup.pendingReason ?? "starting").shown)
    case "draining": return .draining
    case "started": return nil
    default: return .unintelligible("/startupz says \"\(startup.status.shown)\"")
    }
  }

  /// Whether the gateway has this probe at all: 2026.7 and older answer with their page.
  static func knowsStartup(_ answer: ProbeAnswer) -> Bool { answer.decode(Startup.self) != nil }

  static func uptime(_ answer: ProbeAnswer) -> Int64? { answer.decode(Startup.self)?.uptimeMs }

  static func readiness(_ answer: ProbeAnswer) -> GatewayReadiness {
    guard let ready = answer.decode(Ready.self) else {
      return .unintelligible(
        "/readyz answers \(answer.status) with \(answer.kind), not with OpenClaw's JSON")
    }
    if ready.ready { return .started(failing: []) }
    let failing = (ready.failing ?? []).prefix(64).map(\.shown)
    if failing.contains("gateway-draining") { return .draining }
    if failing.contains("startup-sidecars") { return .starting("startup-sidecars") }
    return .started(failing: failing.isEmpty ? ["not ready, without details"] : failing)
  }

  /// The gateway is not ready, and does not tell this caller why.
  static func withholdsDetails(_ answer: ProbeAnswer) -> Bool {
    guard let ready = answer.decode(Ready.self) else { return false }
    return !ready.ready && ready.failing == nil
  }

  /// `/healthz`: that a process is there, and no more.
  static func isAlive(_ answer: ProbeAnswer) -> Bool {
    answer.decode(Live.self)?.status == "live"
  }

  enum Forwarded: Sendable, Equatable {
    case served
    /// The balancer is not among the proxies that it trusts.
    case unattributed
    case refused(String)
    case unintelligible(String)
  }

  /// The answer to a request with forwarded headers.
  static func forwarded(_ answer: ProbeAnswer) -> Forwarded {
    if answer.decode(Ready.self) != nil || knowsStartup(answer) { return .served }
    guard let fault = answer.decode(ErrorBody.self)?.error else {
      return .unintelligible("\(answer.status) and \(answer.kind)")
    }
    if fault.type == "proxy_attribution_required" { return .unattributed }
    return .refused((fault.message ?? fault.type ?? "no reason").shown)
  }

  /// Whether it is a refusal that a balancer may send elsewhere: the gateway admits nothing now.
  static func isClosed(_ answer: ProbeAnswer) -> Bool {
    answer.decode(ErrorBody.self)?.error.code == "gateway_unavailable"
  }
}
