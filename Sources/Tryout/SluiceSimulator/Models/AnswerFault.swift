import SluiceCore

/// The result that a client gets instead of an answer.
public enum AnswerFault: String, Sendable, Hashable, Codable, CaseIterable {
  case serverError, refused, limited, notFound, cut, timedOut, socketBroken

  var status: Int {
    switch self {
    case .serverError: 502
    case .refused: 401
    case .limited: 429
    case .notFound: 404
    case .cut: 200
    case .timedOut: 504
    case .socketBroken: 101
    }
  }

  /// As HAProxy ends its line.
  var ending: String {
    switch self {
    case .serverError, .refused, .limited, .notFound: "----"
    case .cut, .socketBroken: "SD--"
    case .timedOut: "sH--"
    }
  }

  /// A release that has it has it in most sessions; of the others, in all.
  var isOfMost: Bool { self == .limited || self == .cut || self == .socketBroken }

  var words: String {
    switch self {
    case .serverError: "502"
    case .refused: "401"
    case .limited: "429"
    case .notFound: "404"
    case .cut: "half an answer"
    case .timedOut: "504 after the time-out"
    case .socketBroken: "a broken WebSocket"
    }
  }
}

/// The answers to the new sessions of one generation that the log reported between two lines of the
/// ledger: by the simulated draw, independent of the product.
struct StepAnswers: Sendable {
  struct Arm: Sendable {
    /// Good ones first, then by fault.
    private var counts = SIMD8<Int>()

    subscript(fault: AnswerFault) -> Int { counts[fault.place] }
    var good: Int { counts[0] }
    var sessions: Int { counts.wrappedSum() }
    var bad: Int { sessions - good }

    mutating func count(_ record: SessionRecord) {
      counts[AnswerFault.place(of: record)] &+= 1
    }

    mutating func add(_ other: Arm) { counts = counts &+ other.counts }
  }

  var generation: Int64
  /// Lines of the ledger by then.
  var lines = 0
  var canary = Arm()
  var stable = Arm()
  /// Sessions of pinned tenants that went to a stable gateway, and not for want of a canary.
  var strays = 0

  mutating func count(_ record: SessionRecord) {
    if record.arm == .canary { canary.count(record) } else { stable.count(record) }
    if record.tenant != nil, record.arm == .stable, record.why != .failOpen { strays += 1 }
  }
}

extension AnswerFault {
  fileprivate var place: Int {
    switch self {
    case .serverError: 1
    case .refused: 2
    case .limited: 3
    case .notFound: 4
    case .cut: 5
    case .timedOut: 6
    case .socketBroken: 7
    }
  }

  /// 0 for a good answer.
  fileprivate static func place(of record: SessionRecord) -> Int {
    switch record.status {
    case 502: 1
    case 401: 2
    case 429: 3
    case 404: 4
    case 504: 6
    case 101: 7
    default: record.ending == "SD--" ? 5 : 0
    }
  }
}
