/// How many sessions of an arm were of each class. Fixed in size: sessions are counted one by one, and
/// adding two is one operation.
public struct AnswerCounts: Sendable, Hashable {
  private var counts = SIMD16<Int>()

  public init() {}

  /// - Parameter counts: by class; a class that is not named has none.
  public init(_ counts: [AnswerClass: Int]) {
    for (answer, count) in counts { self[answer] = count }
  }

  public subscript(answer: AnswerClass) -> Int {
    get { counts[answer.place] }
    set { counts[answer.place] = newValue }
  }

  public mutating func count(_ answer: AnswerClass) { counts[answer.place] &+= 1 }
  public mutating func add(_ other: AnswerCounts) { counts = counts &+ other.counts }

  /// All but those whose client left, and those that Sluice itself ended.
  public var sessions: Int {
    counts.wrappedSum() &- self[.clientAborted] &- self[.endedBySluice]
  }
  public var good: Int { self[.informational] &+ self[.success] &+ self[.redirect] }
  /// Every session that was not good.
  public var bad: Int { sessions &- good }
  /// Those that lie with the gateway.
  public var faults: Int {
    bad &- self[.refused] &- self[.limited] &- self[.clientError]
  }

  /// Classes that have any, in their order.
  public var present: [(answer: AnswerClass, count: Int)] {
    AnswerClass.allCases.compactMap { self[$0] == 0 ? nil : ($0, self[$0]) }
  }
}

extension AnswerClass {
  /// Its place among all.
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

/// In the ledger an object with the classes that have any: `{"2xx":412,"401/403":3}`.
extension AnswerCounts: Codable {
  private static let most = 1 << 53

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    for (name, count) in try container.decode([String: Int].self) {
      // A class that a later version counts is none of this one's; the others stay true.
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
