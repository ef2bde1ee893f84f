/// A promotion's move from one OpenClaw build to another, and the needs of its rollback. A newer
/// build migrates the state in place at its first start, and an older build refuses the migrated
/// state.
public struct BuildChange: Sendable, Hashable, Codable {
  public enum Rollback: String, Sendable, Hashable, Codable {
    /// Both builds have the same schemas, so a rollback only moves the link.
    case link
    /// The schemas differ, so the older build needs the earlier state.
    case state
    /// The schemas of a build are unknown; treated as `state`.
    case unknown
  }

  public var from: ReleaseLock.OpenClaw
  public var to: ReleaseLock.OpenClaw
  public var rollback: Rollback

  enum CodingKeys: String, CodingKey {
    case from, to
    case rollback = "wayBack"
  }

  /// Nil if both releases have the same build.
  ///
  /// - Parameters: the locks, with the schemas from the locks or from the packages.
  public init?(from: ReleaseLock.OpenClaw, to: ReleaseLock.OpenClaw) {
    guard from.version != to.version else { return nil }
    self.from = from
    self.to = to
    guard let old = from.schemas, let new = to.schemas else {
      rollback = .unknown
      return
    }
    rollback = old == new ? .link : .state
  }

  /// The state move of a swing to the new build, before its first start. The configuration is
  /// always copied: a newer build may rewrite it (`meta.lastTouchedVersion`, migrated keys) even if
  /// the schemas are equal.
  public var moveForward: StateMove { copiesState ? .copy : .copyConfiguration }

  /// Whether the whole state is copied before the new build's first start and put back by a
  /// rollback.
  public var copiesState: Bool { rollback != .link }

  /// `agent 19 → 23`, sorted by name; empty without known differences.
  public var schemaChanges: [String] {
    guard let old = from.schemas, let new = to.schemas else { return [] }
    return Set(old.keys).union(new.keys).sorted().compactMap { name in
      guard old[name] != new[name] else { return nil }
      let text: (Int?) -> String = { $0.map { "\($0)" } ?? "none" }
      return "\(name) \(text(old[name])) → \(text(new[name]))"
    }
  }

  /// Whether the new build has an older version of a schema. It would refuse the present state.
  public var isDowngrade: Bool {
    guard let old = from.schemas, let new = to.schemas else { return false }
    return old.contains { name, version in (new[name] ?? 0) < version }
  }

  /// The demands that a person must approve, verbatim as in the ledger; empty if a rollback only
  /// moves the link.
  public var demands: [String] {
    let lost =
      "the rollback puts the state in place as it was copied just before each host's swing. What "
      + "happens on \(to.version) until then (conversations, memories, pairings, jobs) is not in "
      + "it; it is kept aside on the host, and the ledger names where."
    switch rollback {
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

/// A swing's handling of OpenClaw's state, beside the links.
public enum StateMove: Sendable, Hashable, Codable {
  /// The new build may migrate the state: the whole state is copied before its first start.
  case copy
  /// The new build has the same schemas and may rewrite the configuration: only that is copied.
  case copyConfiguration
  /// The copy that this swing made is put back, and the newer state is kept aside. If the swing
  /// made no copy, its build never started, and nothing is to be done.
  case putBack(of: OperationID)

  /// Whether this swing makes a copy that a later swing can put back.
  public var copies: Bool { self == .copy || self == .copyConfiguration }

  /// The additional time for a swing with a state move: a copy of a large state on a slow disk.
  public static let allowanceMilliseconds: Int64 = 600_000
}

/// The result of a state move. Sluice never deletes any of these files.
public struct StateReport: Sendable, Hashable, Codable {
  /// The path of the copy from before the new build's first start.
  public var copy: String?
  /// The path of the newer state that was moved aside when the copy was put back.
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
