/// Keeps one source from deciding by being refused.
///
/// Anybody can be refused as often as he likes, without a credential: with a wrong token, at a path that
/// is not there, by leaving. The first refusals of a source under one generation count; the rest do not,
/// on whichever arm they are. The arms stay comparable, for it is the draw that picks the arm and the
/// source cannot choose it. What only a gateway can do wrong (5xx, cut, timed out) is never left out.
public struct RefusalCap: Sendable {
  /// Refusals of a source that count under one generation of the weights.
  public static let limit = 20
  /// Sources that are told apart; beyond them all share one count.
  static let sourceLimit = 100_000

  private var generation: Int64 = -1
  private var counts: [UInt32: Int] = [:]
  private var rest = 0
  /// Sources that came to the limit since this was read last.
  public private(set) var floods = 0

  public init() {}

  /// Whether this session counts.
  public mutating func admits(_ session: SessionRecord) -> Bool {
    guard let source = session.source, session.isNewSession,
      Self.capped.contains(session.answerClass)
    else { return true }
    if session.generation > generation {
      generation = session.generation
      counts = [:]
      rest = 0
    }
    guard session.generation == generation else { return true }
    guard counts[source] != nil || counts.count < Self.sourceLimit else {
      rest += 1
      return rest <= Self.limit
    }
    let count = counts[source, default: 0] + 1
    counts[source] = min(count, Self.limit + 1)
    if count == Self.limit + 1 { floods += 1 }
    return count <= Self.limit
  }

  /// What is to be told of, once.
  public mutating func takeFloods() -> Int {
    defer { floods = 0 }
    return floods
  }

  private static let capped: Set<AnswerClass> = [
    .refused, .limited, .clientError, .clientAborted,
  ]
}
