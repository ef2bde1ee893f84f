/// An operator's next action, as data: a command to type, or work that no command does.
public enum NextAction: Sendable, Hashable {
  /// By the release's tag; nil: any.
  case plan(String?)
  /// The same, with a trial of the release's build.
  case tryBuild(String)
  /// By the first digits of the plan's digest.
  case approve(String)
  case promote(String)
  /// Look at a fleet that was run by hand.
  case adopt
  /// Keep its first good state.
  case archive
  case resume, pause, rollback, verify, check, explain, watch, auditLog
  /// End a controller that does not answer, and go back or on.
  case takeOver(Takeover)
  /// Let a stopped process go on.
  case wake(Int32)
  /// The fault is mended outside Sluice.
  case mend
  case wait

  public enum Takeover: String, Sendable, Hashable, Codable { case rollback, resume }

  /// The command to type, or the work to do.
  public var text: String {
    switch self {
    case .plan(let tag): "sluice plan \(tag ?? "TAG")"
    case .tryBuild(let tag): "sluice plan \(tag) --try-build"
    case .approve(let digest): "sluice approve \(digest) --reason \"…\""
    case .promote(let digest): "sluice promote \(digest)"
    case .adopt: "sluice adopt"
    case .archive: "sluice adopt --archive --reason \"…\""
    case .resume: "sluice resume"
    case .pause: "sluice pause"
    case .rollback: "sluice rollback"
    case .verify: "sluice rollback --verify"
    case .check: "sluice check"
    case .explain: "sluice explain"
    case .watch: "sluice status --watch"
    case .auditLog: "sluice audit log"
    case .takeOver(let verb): "sluice \(verb.rawValue) --take-over"
    case .wake(let process): "kill -CONT \(process)"
    case .mend: "mend it"
    case .wait: "wait"
    }
  }
}

/// The next step, in a sentence, and the commands that the sentence names.
public struct NextStep: Sendable, Hashable {
  public let text: String
  public let actions: [NextAction]

  init(_ text: String, _ actions: [NextAction]) {
    self.text = text
    self.actions = actions
  }

  /// The command alone.
  init(_ action: NextAction) { self.init(action.text, [action]) }

  /// A sentence that ends with the command.
  init(_ sentence: String, _ action: NextAction) {
    self.init("\(sentence):  \(action.text)", [action])
  }
}
