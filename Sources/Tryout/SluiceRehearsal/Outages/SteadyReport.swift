import SluiceHTTP
import SluiceJSON

/// One request of a steady client. Milliseconds of the monotonic clock.
public struct SteadyRequest: Sendable, Hashable {
  public enum Loss: String, Sendable, CaseIterable {
    case unavailable = "503"
    /// Any other status, or a 200 that holds no answer.
    case wrong
    case refused
    case cut
    case timedOut = "timed out"
    case other

    static func of(_ error: HTTPError) -> Loss {
      switch error.kind {
      case .refused: .refused
      case .closed: .cut
      case .timedOut: .timedOut
      default: .other
      }
    }
  }

  public enum Outcome: Sendable, Hashable {
    case answered
    case lost(Loss)

    static func of(_ response: HTTPResponse) -> Outcome {
      switch response.status {
      case 200: Reply(completion: response.body) == nil ? .lost(.wrong) : .answered
      case 503: .lost(.unavailable)
      default: .lost(.wrong)
      }
    }
  }

  public let began: Int64
  public let ended: Int64
  public let outcome: Outcome
}

/// The view of a steady client.
public struct SteadyReport: Sendable, Hashable {
  public let sent: Int
  public let answered: Int
  public let lost: [SteadyRequest.Loss: Int]
  /// The longest time in which no good answer came, milliseconds: between two of them, before the
  /// first, or after the last.
  public let longestWithout: Int64
  /// Of good answers, milliseconds.
  public let medianAnswer: Int64
  public let longestAnswer: Int64

  public var lostInAll: Int { lost.values.reduce(0, +) }

  /// - Parameters:
  ///   - begin: when the client began.
  ///   - end: when it sent no more; an answer after that ends no time without one.
  init(_ requests: [SteadyRequest], from begin: Int64, to end: Int64) {
    sent = requests.count
    var lost: [SteadyRequest.Loss: Int] = [:]
    var good: [SteadyRequest] = []
    for request in requests {
      switch request.outcome {
      case .answered: good.append(request)
      case .lost(let loss): lost[loss, default: 0] += 1
      }
    }
    self.lost = lost
    answered = good.count
    var (last, longest) = (begin, Int64(0))
    for moment in good.map({ min($0.ended, end) }).sorted() + [end] {
      longest = max(longest, moment - last)
      last = moment
    }
    longestWithout = longest
    let durations = good.map { $0.ended - $0.began }.sorted()
    medianAnswer = durations.isEmpty ? 0 : durations[durations.count / 2]
    longestAnswer = durations.last ?? 0
  }

  /// `12 lost: 9 cut, 3 refused`.
  var losses: String {
    guard lostInAll > 0 else { return "0 lost" }
    let kinds = SteadyRequest.Loss.allCases.compactMap { loss in
      lost[loss].map { "\($0) \(loss.rawValue)" }
    }
    return "\(lostInAll) lost: \(kinds.joined(separator: ", "))"
  }

  var json: JSONValue {
    let kinds = lost.map { ($0.key.rawValue, JSONValue.integer(Int64($0.value))) }
    return [
      "sent": .integer(Int64(sent)), "answered": .integer(Int64(answered)),
      "lost": .object(Dictionary(kinds) { first, _ in first }),
      "longest_without_ms": .integer(longestWithout),
      "median_answer_ms": .integer(medianAnswer), "longest_answer_ms": .integer(longestAnswer),
    ]
  }
}
