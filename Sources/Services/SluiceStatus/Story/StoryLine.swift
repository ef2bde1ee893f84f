import SluiceCore

/// One thing that a ledger tells, as people read it: what happened, to whom, and how much to mind
/// it.
public struct StoryLine: Sendable, Hashable {
  public enum Event: String, Sendable, Hashable, CaseIterable {
    case began, loses, approved, takenOver, asked
    /// An order is about to be carried out.
    case ordered
    case inspected, placed, swung, remarked, stateMoved, shareSet, emptied, judged
    /// The result of a verification.
    case verified
    case archived, failed, turnedBack, settling, notVerified
    /// The ledger's head, to keep elsewhere, so that a changed ledger is noticed.
    case head
    case concluded
  }

  /// The time of day of its ledger line, in UTC: `02:07:58`.
  public let time: String
  public let event: Event
  /// Whom it happened to, when it is a host.
  public let host: HostName?
  public let severity: Severity
  /// A few words: `mac-a proven`. Empty where the line goes on from the one before.
  public let title: String
  /// The line's parts, in reading order.
  public let parts: [String]
  /// For the moment only: the next line says what came of it.
  public let isPassing: Bool

  init(
    _ time: String, _ event: Event, _ title: String = "", _ parts: [String] = [],
    host: HostName? = nil, severity: Severity = .plain, isPassing: Bool = false
  ) {
    self.time = time
    self.event = event
    self.title = title
    self.parts = parts
    self.host = host
    self.severity = severity
    self.isPassing = isPassing
  }

  /// All of it in a sentence, without the time.
  public var sentence: String {
    let text = parts.joined(separator: ", ")
    if title.isEmpty { return text }
    if text.isEmpty { return title }
    return event == .asked ? "\(title) \(text)" : "\(title): \(text)"
  }
}
