import SluiceCore
import SluiceJSON

/// The clients' view of one act.
public struct ClientView: Sendable, Hashable {
  /// Begun in it.
  public var sessions = 0
  /// Sessions with a turn without an answer that the release did not cause: a fault of Sluice.
  public var lost = 0
  /// Of these, the ones that were cut in a turn because a rollback ended the canary's connections.
  public var evicted = 0
  /// Why, in few words.
  public var losses: [String: Int] = [:]
  /// Turns that were asked to take long, and were answered.
  public var longTurns = 0
  /// Turns that the release answered with an error, of either arm.
  public var releaseErrors = 0
  /// Of the stable arm, whose release makes none.
  public var stableErrors = 0
  /// How often a client was asked to come back, and did.
  public var waits = 0
  /// WebSockets that a gateway closed because it restarts (1012).
  public var restarts = 0
  /// Short conversations that found their context gone.
  public var moved = 0
  /// Of those that lived through the act.
  public var conversations = ConversationCount()

  public init() {}

  /// - Parameter evictions: how many connections rollbacks ended meanwhile, by the ledger.
  init(
    _ seen: LoadSnapshot, conversations: ConversationCount = ConversationCount(),
    evictions: Int = 0
  ) {
    self.conversations = conversations
    sessions = seen.sessions
    lost = seen.lost
    evicted = min(seen.cut, evictions)
    losses = seen.losses
    longTurns = seen.longTurns
    releaseErrors = seen.releaseErrors
    stableErrors = seen.arms[.stable]?.errors ?? 0
    waits = seen.waits
    restarts = seen.socketsClosed[1012] ?? 0
    moved = seen.moved
  }

  /// Whether clients were harmed only by a bad release and by the rollback from it: a rollback does
  /// not wait for turns that take longer than its drain.
  public var isUnharmed: Bool {
    lost == evicted && stableErrors == 0 && conversations.lost == 0
  }

  /// Nil when none was looked at.
  var conversationSentence: String? {
    let count = conversations
    guard count.kept + count.moved + count.lost > 0 else { return nil }
    let why = count.losses.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
    return "\(count.kept) kept, \(count.moved) moved as the canary was emptied, "
      + "\(count.lost) \(count.lost == 0 ? "lost" : "LOST")"
      + (why.isEmpty ? "" : " (\(why.joined(separator: "; ")))")
  }

  /// Omits zero counts, except the count of lost sessions.
  public var sentence: String {
    let parts: [(Int, String)] = [
      (evicted, "of them as the canary was emptied"), (longTurns, "long answers"),
      (releaseErrors, "errors of the release"),
      (stableErrors, "ERRORS OF THE STABLE RELEASE"), (waits, "told to wait"),
      (restarts, "WebSockets closed by a restart (1012)"), (moved, "conversations moved"),
      (conversations.lost, "LONG CONVERSATIONS LOST"),
    ]
    let counted = parts.filter { $0.0 > 0 }.map { "\(Figures.count($0.0)) \($0.1)" }
    let why = losses.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
    let reasons = why.isEmpty ? "" : " (\(why.joined(separator: "; ")))"
    return (["\(lost) of \(Figures.sessions(sessions)) lost\(reasons)"] + counted)
      .joined(separator: ", ")
  }

  var json: JSONValue {
    [
      "sessions": .integer(Int64(sessions)), "lost": .integer(Int64(lost)),
      "evicted": .integer(Int64(evicted)),
      "long_turns": .integer(Int64(longTurns)), "release_errors": .integer(Int64(releaseErrors)),
      "stable_errors": .integer(Int64(stableErrors)), "waits": .integer(Int64(waits)),
      "restarts": .integer(Int64(restarts)), "moved": .integer(Int64(moved)),
      "conversations": [
        "kept": .integer(Int64(conversations.kept)), "moved": .integer(Int64(conversations.moved)),
        "lost": .integer(Int64(conversations.lost)),
      ],
    ]
  }
}
