/// Keeps a single source from deciding a verdict by refused requests.
///
/// Any client can cause refusals without a credential: by a wrong token, a path that does not
/// exist, or a disconnect. The first refusals of a source under one generation count; later ones do
/// not, on either arm. The arms stay comparable, because the draw picks the arm and the source
/// cannot. Faults that only a gateway can cause (5xx, cut, timed out) always count.
public struct RefusalCap: Sendable {
  /// The number of a source's refusals that count under one generation of the weights.
  public static let limit = 20
  /// The number of sources with a count of their own; all further sources share one count.
  static let sourceLimit = 100_000

  private var generation: Int64 = -1
  private var counts: [UInt32: Int] = [:]
  private var rest = 0
  /// Sources that reached the limit since the last `takeFloods`.
  public private(set) var floods = 0

  public init() {}

  /// Whether this session counts as evidence.
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

  /// The number of floods to report; resets the number.
  public mutating func takeFloods() -> Int {
    defer { floods = 0 }
    return floods
  }

  private static let capped: Set<AnswerClass> = [
    .refused, .limited, .clientError, .clientAborted,
  ]
}
