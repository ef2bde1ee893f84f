import SluiceArguments
import SluiceJSON

/// The end of a rehearsal, for a person and for a program.
public struct RehearsalSummary: Sendable, Hashable {
  public var gateways: Int
  /// The real OpenClaw's; nil: the stand-in played.
  public var build: String?
  /// `HAProxy 2.6.12`.
  public var balancer: String
  public var sessions: Int
  public var milliseconds: Int64
  /// The acts that were played, in their order.
  public var acts: [ActReport]
  /// As the operator named it.
  public var directory: String
  /// How to go on with the fleet that stays up; empty when it does not.
  public var keptLines: [String]
  /// Secrets that were found in Sluice's files, a sentence each.
  public var leaks: [String]

  /// The command that starts a rehearsal, as the person typed it.
  public var command = "sluice rehearse"

  public var isKept: Bool { !keptLines.isEmpty }

  public init(
    gateways: Int, build: String? = nil, balancer: String, sessions: Int, milliseconds: Int64,
    acts: [ActReport], directory: String, keptLines: [String] = [], leaks: [String] = []
  ) {
    self.gateways = gateways
    self.build = build
    self.balancer = balancer
    self.sessions = sessions
    self.milliseconds = milliseconds
    self.acts = acts
    self.directory = directory
    self.keptLines = keptLines
    self.leaks = leaks
  }

  /// Whether every act ended as it should, and no secret was found.
  public var isAsIntended: Bool {
    !acts.isEmpty && acts.allSatisfy(\.isAsIntended) && leaks.isEmpty
  }

  public func lines(width: Int = 100, style: Style = .plain) -> [String] {
    let title =
      "rehearsal   \(gateways) gateways\(build.map { " of OpenClaw \($0)" } ?? ""), "
      + "\(balancer), \(Figures.sessions(sessions))"
    let time = Figures.duration(milliseconds)
    let gap = max(3, 88 - title.count - time.count)
    var lines = [style.paint(title + String(repeating: " ", count: gap) + time, .strong)]
    for act in acts {
      lines += ActLine(act).lines(width: width, style: style)
      lines += Self.steps(of: act)
      if let swings = act.swings { lines.append("     swings    \(swings.sentence)") }
      if let clients = act.clients { lines.append("     clients   \(clients.sentence)") }
      if let sentence = act.clients?.conversationSentence {
        lines.append("     conversations   \(sentence)")
      }
    }
    for leak in leaks {
      lines.append(style.paint(Style.escaped("NOT AS IT SHOULD: \(leak)"), .bad))
    }
    let again = isKept ? "" : "      try it yourself:  \(command) --keep"
    lines.append("ledger, logs: \(Style.escaped(directory))\(again)")
    return lines + keptLines.map(Style.escaped)
  }

  /// Intended and measured share of every step, side by side.
  private static func steps(of report: ActReport) -> [String] {
    guard case .promoted(let steps, _, _, _) = report.facts else { return [] }
    return steps.map { step in
      let intended = step.intended.description
      let padding = String(repeating: " ", count: max(0, 6 - intended.count))
      return "     \(padding)\(intended) meant   \(Figures.share(step.measured)) measured   "
        + "\(Figures.count(step.measured.count)) of \(Figures.sessions(step.measured.total))"
    }
  }

  public var json: JSONValue {
    [
      "schema": "sluice.rehearsal/1", "gateways": .integer(Int64(gateways)),
      "openclaw": build.map { .string($0) } ?? .null,
      "balancer": .string(balancer), "sessions": .integer(Int64(sessions)),
      "milliseconds": .integer(milliseconds), "acts": .array(acts.map(\.json)),
      "directory": .string(directory), "kept": .array(keptLines.map { .string($0) }),
      "leaks": .array(leaks.map { .string($0) }), "as_intended": .bool(isAsIntended),
    ]
  }
}

/// The line of an act that has ended: ` 1 good release      completed     …`.
struct ActLine: Sendable {
  let report: ActReport

  init(_ report: ActReport) { self.report = report }

  static let titleWidth = 18
  static let endingWidth = 14

  func lines(width: Int, style: Style) -> [String] {
    let ending = Self.padded(report.ending.rawValue, Self.endingWidth)
    let tone: Tone = report.isAsIntended ? .good : .bad
    let head = " \(report.act.rawValue) \(Self.padded(report.act.title, Self.titleWidth))"
    let indent = head.count + Self.endingWidth
    var sentence = report.sentence
    // Words, not colour alone.
    if !report.isAsIntended { sentence = "NOT AS IT SHOULD: " + sentence }
    let wrapped = TextWrap.lines(sentence, width: max(20, width - indent))
    return wrapped.enumerated().map { index, line in
      index == 0
        ? head + style.paint(ending, tone) + Style.escaped(line)
        : String(repeating: " ", count: indent) + Style.escaped(line)
    }
  }

  static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}
