/// The outcome of a new session. Every new session has exactly one class.
///
/// HAProxy 2.6 reports a WebSocket like this (measured): HAProxy logs `101` when the socket ends,
/// and `S` if the gateway reset the socket. Every orderly close looks the same in its log, whatever
/// the close code. If a run fails and its socket closes in order, only the gateways' run logs show
/// the failure (`RunTracker`).
public enum AnswerClass: String, Sendable, Hashable, Codable, CaseIterable {
  /// A WebSocket that opened and closed in order.
  case informational = "1xx"
  case success = "2xx"
  case redirect = "3xx"
  /// The gateway does not know the client or rejects its token.
  case refused = "401/403"
  case limited = "429"
  /// Any other 4xx.
  case clientError = "4xx"
  case serverError = "5xx"
  /// The gateway ended the connection in the middle of an answer, or did not speak HTTP.
  case cut
  case timedOut = "timed out"
  /// The gateway, or the network path to it, broke an open WebSocket.
  case socketError = "WebSocket broken"
  /// No gateway took the session: none was available, or the connection was refused.
  case noServer = "no server"
  /// A run that failed, according to its gateway's run log.
  case runFailed = "run failed"
  /// A run without an end in the run log.
  case runUnfinished = "run never ended"
  /// The balancer saw the request accepted, and the gateway's run log has no run for it.
  case runNeverBegan = "run never began"
  /// The client left or was silent, perhaps after a long wait. The judge compares the class between
  /// the arms; the class counts as neither a good nor a bad answer.
  case clientAborted = "client left"
  /// Sluice evicted the session, or the balancer itself answered. The session is no evidence.
  case endedBySluice = "ended by Sluice"

  public var isGood: Bool {
    switch self {
    case .informational, .success, .redirect: true
    default: false
    }
  }

  /// Whether the gateway is to blame. A client's own mistake (4xx) is no fault.
  public var isFault: Bool {
    switch self {
    case .serverError, .cut, .timedOut, .socketError, .noServer, .runFailed, .runUnfinished,
      .runNeverBegan:
      true
    default: false
    }
  }

  /// Whether the session counts for its arm.
  public var isSession: Bool { self != .clientAborted && self != .endedBySluice }

  /// The classes that the judge compares between the arms, one by one.
  public static let compared = allCases.filter { !$0.isGood && $0 != .endedBySluice }
}

extension SessionRecord {
  public var answerClass: AnswerClass {
    let letters = ending.utf8
    let who = letters.first
    let isConnecting = letters.dropFirst().first.map { "CQ".utf8.contains($0) } ?? false
    switch who {
    case UInt8(ascii: "C"), UInt8(ascii: "c"): return .clientAborted
    // An operator's command (Sluice's), an answer by the balancer, or a backup server that is no
    // longer needed.
    case UInt8(ascii: "K"), UInt8(ascii: "L"), UInt8(ascii: "U"): return .endedBySluice
    // The server refused, closed early, was too slow, or was found down; its answer was not HTTP;
    // or the balancer ran out of a resource.
    case UInt8(ascii: "S"), UInt8(ascii: "s"), UInt8(ascii: "D"), UInt8(ascii: "P"),
      UInt8(ascii: "I"), UInt8(ascii: "R"):
      if isConnecting { return .noServer }
      if isWebSocket { return .socketError }
      // The balancer rejected the request as invalid HTTP.
      if host == nil { return (400..<500).contains(status) ? byStatus : .noServer }
      return who == UInt8(ascii: "s") ? .timedOut : .cut
    default: return byStatus
    }
  }

  private var byStatus: AnswerClass {
    switch status {
    case 100..<200: .informational
    case 200..<300: .success
    case 300..<400: .redirect
    case 401, 403: .refused
    case 429: .limited
    case 400..<500: .clientError
    case 500...: .serverError
    // No status arrived, and HAProxy blames neither side.
    default: .cut
    }
  }
}
