/// A promotion's move from one OpenClaw build to another, and what the way back takes: a newer build
/// migrates the state in place at its first start, and an older one refuses what it made of it.
public struct BuildChange: Sendable, Hashable, Codable {
  public enum WayBack: String, Sendable, Hashable, Codable {
    /// Both builds have the same schemas: the link is enough.
    case link
    /// They differ: the older build needs the state as it was.
    case state
    /// One of them does not say which schemas it has, so it is treated as `state`.
    case unknown
  }

  public var from: ReleaseLock.OpenClaw
  public var to: ReleaseLock.OpenClaw
  public var wayBack: WayBack

  /// Nil when both releases pin the same build.
  ///
  /// - Parameters: with the schemas that their locks pin, or that stand in their packages.
  public init?(from: ReleaseLock.OpenClaw, to: ReleaseLock.OpenClaw) {
    guard from.version != to.version else { return nil }
    self.from = from
    self.to = to
    guard let old = from.schemas, let new = to.schemas else {
      wayBack = .unknown
      return
    }
    wayBack = old == new ? .link : .state
  }

  /// What a swing to the new build does before its first start. The configuration is always copied: a
  /// newer build may rewrite it (`meta.lastTouchedVersion`, migrated keys) where the schemas are equal.
  public var moveForward: StateMove { copiesState ? .copy : .copyConfiguration }

  /// Whether the whole state is copied before the new build's first start, and put back on the way
  /// back.
  public var copiesState: Bool { wayBack != .link }

  /// `agent 19 → 23`, sorted by name; empty when nothing differs or is known to.
  public var schemaChanges: [String] {
    guard let old = from.schemas, let new = to.schemas else { return [] }
    return Set(old.keys).union(new.keys).sorted().compactMap { name in
      guard old[name] != new[name] else { return nil }
      let text: (Int?) -> String = { $0.map { "\($0)" } ?? "none" }
      return "\(name) \(text(old[name])) → \(text(new[name]))"
    }
  }

  /// Schemas that the new build has an older version of: it would refuse the state that is there.
  public var isDowngrade: Bool {
    guard let old = from.schemas, let new = to.schemas else { return false }
    return old.contains { name, version in (new[name] ?? 0) < version }
  }

  /// What a person has to accept before it may begin, word for word as the ledger keeps it; empty
  /// when the way back is the link alone.
  public var demands: [String] {
    let lost =
      "the way back puts the state in place as it was copied just before each host's swing. What "
      + "happens on \(to.version) until then (conversations, memories, pairings, jobs) is not in "
      + "it; it is kept aside on the host, and the ledger names where."
    switch wayBack {
    case .link: return []
    case .state:
      return [
        "OpenClaw \(from.version) → \(to.version) changes the state's schema "
          + "(\(schemaChanges.joined(separator: ", "))), so \(lost)"
      ]
    case .unknown:
      let silent = [from, to].filter { $0.schemas == nil }.map(\.version)
      return [
        "OpenClaw \(silent.joined(separator: " and ")) does not say which schema its state has, so "
          + "whether \(from.version) can read what \(to.version) makes of it is not known, and "
          + lost
      ]
    }
  }
}

/// What a swing does with OpenClaw's state, beside the links.
public enum StateMove: Sendable, Hashable, Codable {
  /// The build that comes may migrate it: copied whole before its first start.
  case copy
  /// The build that comes has the same schemas and may rewrite the configuration: only that is copied.
  case copyConfiguration
  /// The copy that this swing made is put back in place, and the newer state kept aside. Nothing is
  /// to be done where that swing made none: its build never started.
  case putBack(of: OperationID)

  /// Whether a later swing can put back what this one copies.
  public var copies: Bool { self == .copy || self == .copyConfiguration }

  /// How much longer a swing may take for it: a copy of a large state on a slow disk.
  public static let allowanceMilliseconds: Int64 = 600_000
}

/// What a swing did with OpenClaw's state. Nothing of it is ever removed by Sluice.
public struct StateReport: Sendable, Hashable, Codable {
  /// Where the copy lies that was made before the new build's first start.
  public var copy: String?
  /// Where the newer state lies that was taken out when the copy was put back.
  public var aside: String?
  public var bytes: Int64
  public var milliseconds: Int64

  public init(copy: String?, aside: String?, bytes: Int64, milliseconds: Int64) {
    self.copy = copy
    self.aside = aside
    self.bytes = bytes
    self.milliseconds = milliseconds
  }
}
