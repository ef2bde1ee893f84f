/// What a client got. Every new session is of exactly one class.
///
/// What HAProxy can tell of a WebSocket (measured, 2.6): it logs `101` when the socket ends; a
/// gateway that ended it without a word (a reset) shows as `S`. Every orderly close looks the same to
/// it, whatever its close code is: a run that ended badly on a socket that was closed in order shows
/// in the gateways' run ledgers alone (`RunTracker`).
public enum AnswerClass: String, Sendable, Hashable, Codable, CaseIterable {
  /// A WebSocket that was opened and ended in order.
  case informational = "1xx"
  case success = "2xx"
  case redirect = "3xx"
  /// The gateway does not know the client, or not its token.
  case refused = "401/403"
  case limited = "429"
  /// 4xx, but for the two above.
  case clientError = "4xx"
  case serverError = "5xx"
  /// The gateway ended the connection in the middle of it, or did not speak HTTP.
  case cut
  case timedOut = "timed out"
  /// The gateway, or the way to it, broke an open WebSocket.
  case socketError = "WebSocket broken"
  /// No gateway took it: none was there, or the connection was refused.
  case noServer = "no server"
  /// A run that failed, by its gateway's ledger.
  case runFailed = "run failed"
  /// One that has no end there.
  case runUnfinished = "run never ended"
  /// The balancer had the request accepted, and the gateway's ledger knows no run of it.
  case runNeverBegan = "run never began"
  /// The client left, or was silent. It may have had enough of waiting: that is compared between the
  /// arms, and is neither a good answer nor a bad one.
  case clientAborted = "client left"
  /// Sluice evicted it, or the balancer itself answered. It is no evidence.
  case endedBySluice = "ended by Sluice"

  public var isGood: Bool {
    switch self {
    case .informational, .success, .redirect: true
    default: false
    }
  }

  /// Whether it lies with the gateway, whoever asked: a client's own mistake (4xx) does not.
  public var isFault: Bool {
    switch self {
    case .serverError, .cut, .timedOut, .socketError, .noServer, .runFailed, .runUnfinished,
      .runNeverBegan:
      true
    default: false
    }
  }

  /// Whether it counts as a session of an arm.
  public var isSession: Bool { self != .clientAborted && self != .endedBySluice }

  /// Those that are compared between the arms, each by itself.
  public static let compared = allCases.filter { !$0.isGood && $0 != .endedBySluice }
}

extension SessionRecord {
  public var answerClass: AnswerClass {
    let letters = ending.utf8
    let who = letters.first
    let isConnecting = letters.dropFirst().first.map { "CQ".utf8.contains($0) } ?? false
    switch who {
    case UInt8(ascii: "C"), UInt8(ascii: "c"): return .clientAborted
    // An operator's (Sluice's) command; answered by the balancer; a backup server that is not needed
    // any more.
    case UInt8(ascii: "K"), UInt8(ascii: "L"), UInt8(ascii: "U"): return .endedBySluice
    // The server refused, closed early, was too slow, or was found down; its answer was not HTTP; the
    // balancer ran out of something.
    case UInt8(ascii: "S"), UInt8(ascii: "s"), UInt8(ascii: "D"), UInt8(ascii: "P"),
      UInt8(ascii: "I"), UInt8(ascii: "R"):
      if isConnecting { return .noServer }
      if isWebSocket { return .socketError }
      // The balancer refused the request itself: it was no good HTTP.
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
    // No status came, and nobody is blamed for it.
    default: .cut
    }
  }
}
