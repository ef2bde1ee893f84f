/// Which of a machine's stored items go and which stay, each with its reason. A pure function of
/// inventory, policy, needs and time.
public struct RetentionDecision: Sendable, Hashable {
  public struct Choice: Sendable, Hashable {
    public var item: StoredItem
    /// A sentence without its full stop.
    public var reason: String
  }

  /// Oldest first.
  public private(set) var removed: [Choice] = []
  /// Newest first within a kind.
  public private(set) var kept: [Choice] = []

  /// - Parameter now: the writer's wall clock, milliseconds since 1970.
  public init(
    _ items: [StoredItem], policy: RetentionPolicy, needs: RetentionNeeds, now: Int64
  ) {
    for (kind, items) in Dictionary(grouping: items, by: \.id.kind).sorted(by: {
      $0.key.rawValue < $1.key.rawValue
    }) {
      let limit = policy.count(of: kind)
      for (rank, item) in items.sorted(by: Self.isNewer).enumerated() {
        if let reason = Self.reasonToKeep(
          item, rank: rank, limit: limit, policy: policy, needs: needs, now: now)
        {
          kept.append(Choice(item: item, reason: reason))
        } else {
          let age = Self.age(now.subtractingClamped(item.changedAtMilliseconds))
          let newer = limit == 0 ? "" : ", and the newest \(limit) stay"
          removed.append(Choice(item: item, reason: "\(age) old\(newer)"))
        }
      }
    }
    removed.sort {
      ($0.item.changedAtMilliseconds, $0.item.id) < ($1.item.changedAtMilliseconds, $1.item.id)
    }
  }

  public var removedBytes: Int64 { removed.reduce(0) { $0.addingClamped($1.item.bytes) } }

  private static func isNewer(_ one: StoredItem, _ other: StoredItem) -> Bool {
    (one.changedAtMilliseconds, one.id.name) > (other.changedAtMilliseconds, other.id.name)
  }

  /// Needed items stay first, then young ones, then the newest. A time in the future, from a
  /// wrong clock, counts as young.
  private static func reasonToKeep(
    _ item: StoredItem, rank: Int, limit: Int, policy: RetentionPolicy, needs: RetentionNeeds,
    now: Int64
  ) -> String? {
    if let use = item.uses.first { return use }
    if let need = needs.reason(for: item) { return need }
    // Half a trial is worth nothing at any age, and as large as the state.
    if item.id.kind == .buildTrial { return nil }
    if now.subtractingClamped(item.changedAtMilliseconds) < policy.ageMilliseconds {
      return "younger than \(age(policy.ageMilliseconds))"
    }
    return rank < limit ? "among the newest \(limit)" : nil
  }

  /// `41 days`; below two days as every other duration.
  private static func age(_ milliseconds: Int64) -> String {
    let day: Int64 = 86_400_000
    return milliseconds < 2 * day
      ? Wording.duration(milliseconds) : "\(milliseconds / day) days"
  }
}
