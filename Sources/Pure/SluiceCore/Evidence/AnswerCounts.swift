/// The number of an arm's sessions in each class. The size is fixed, so that counting one session
/// and adding two values are cheap.
public struct AnswerCounts: Sendable, Hashable {
  private var counts = SIMD16<Int>()

  public init() {}

  /// - Parameter counts: by class; a missing class counts 0.
  public init(_ counts: [AnswerClass: Int]) {
    for (answer, count) in counts { self[answer] = count }
  }

  public subscript(answer: AnswerClass) -> Int {
    get { counts[answer.place] }
    set { counts[answer.place] = newValue }
  }

  public mutating func count(_ answer: AnswerClass) { counts[answer.place] &+= 1 }
  public mutating func add(_ other: AnswerCounts) { counts = counts &+ other.counts }

  /// All sessions, except those whose client left and those that Sluice ended.
  public var sessions: Int {
    counts.wrappedSum() &- self[.clientAborted] &- self[.endedBySluice]
  }
  public var good: Int { self[.informational] &+ self[.success] &+ self[.redirect] }
  /// Every session that was not good.
  public var bad: Int { sessions &- good }
  /// Sessions whose gateway is to blame (`AnswerClass.isFault`).
  public var faults: Int {
    bad &- self[.refused] &- self[.limited] &- self[.clientError]
  }

  /// Classes with a count above 0, in declaration order.
  public var present: [(answer: AnswerClass, count: Int)] {
    AnswerClass.allCases.compactMap { self[$0] == 0 ? nil : ($0, self[$0]) }
  }
}

extension AnswerClass {
  /// The class's index in the vector.
  fileprivate var place: Int {
    switch self {
    case .informational: 0
    case .success: 1
    case .redirect: 2
    case .refused: 3
    case .limited: 4
    case .clientError: 5
    case .serverError: 6
    case .cut: 7
    case .timedOut: 8
    case .socketError: 9
    case .noServer: 10
    case .runFailed: 11
    case .runUnfinished: 12
    case .runNeverBegan: 13
    case .clientAborted: 14
    case .endedBySluice: 15
    }
  }
}

/// The ledger holds an object with the classes whose count is above 0: `{"2xx":412,"401/403":3}`.
extension AnswerCounts: Codable {
  private static let most = 1 << 53

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    for (name, count) in try container.decode([String: Int].self) {
      // A later version may count more classes. This version skips them; the other counts stay
      // true.
      guard let answer = AnswerClass(rawValue: name) else { continue }
      guard (0...Self.most).contains(count) else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "\(count) is no number of sessions")
      }
      self[answer] = count
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(
      Dictionary(uniqueKeysWithValues: present.map { ($0.answer.rawValue, $0.count) }))
  }
}
