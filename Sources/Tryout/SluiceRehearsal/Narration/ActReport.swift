import SluiceCore
import SluiceJSON

/// The acts of a rehearsal.
public enum Act: Int, Sendable, Hashable, CaseIterable {
  case goodRelease = 1
  case badRelease, lyingRelease, deadController, newBuild

  /// The ones that need nothing but a build, or the stand-in.
  public static let usual: [Act] = [.goodRelease, .badRelease, .lyingRelease, .deadController]

  public var title: String {
    switch self {
    case .goodRelease: "good release"
    case .badRelease: "bad release"
    case .lyingRelease: "lying release"
    case .deadController: "dead controller"
    case .newBuild: "new build"
    }
  }
}

/// The end and the findings of an act.
public struct ActReport: Sendable, Hashable {
  public enum Ending: String, Sendable, Hashable, CaseIterable {
    case completed
    case rolledBack = "rolled back"
    case rolledBackUnverified = "NOT VERIFIED"
    case refused
    case failed
  }

  /// One step of the ramp: the planned and the measured share.
  public struct Step: Sendable, Hashable {
    public var intended: Share
    public var measured: MeasuredShare

    public init(intended: Share, measured: MeasuredShare) {
      self.intended = intended
      self.measured = measured
    }
  }

  public enum Facts: Sendable, Hashable {
    case promoted(steps: [Step], sessions: Int, lost: Int, moved: Int)
    /// Milliseconds: from the first canary session to the verdict, from the verdict to share 0 and
    /// to verified.
    case caught(canarySessions: Int, after: Int64, shareZero: Int64, verified: Int64)
    /// New sessions that the refused release got, and why it was refused.
    case refused(reason: String, sessions: Int)
    /// At which step it was killed, milliseconds until the next one went on, and every move that
    /// was made twice.
    case resumed(step: Int, after: Int64, twice: [String])
    case broughtBack(BuildStory)
    /// The act did not come that far.
    case unfinished(String)
  }

  public var act: Act
  public var ending: Ending
  public var facts: Facts
  /// The clients' view meanwhile; nil when no load ran.
  public var clients: ClientView?
  /// Nil when nothing was swung.
  public var swings: SwingTimes?

  public init(
    _ act: Act, _ ending: Ending, _ facts: Facts, clients: ClientView? = nil,
    swings: SwingTimes? = nil
  ) {
    self.act = act
    self.ending = ending
    self.facts = facts
    self.clients = clients
    self.swings = swings
  }

  /// Whether the act ended as it should, and only a bad release harmed clients.
  public var isAsIntended: Bool {
    guard let clients else { return endedAsIntended }
    return endedAsIntended && clients.isUnharmed
      && (act == .badRelease || clients.releaseErrors == 0)
  }

  private var endedAsIntended: Bool {
    switch (act, ending, facts) {
    case (.goodRelease, .completed, .promoted(let steps, _, let lost, let moved)):
      !steps.isEmpty && lost == 0 && moved == 0
    case (.badRelease, .rolledBack, .caught): true
    case (.lyingRelease, .refused, .refused(_, let sessions)): sessions == 0
    case (.deadController, .completed, .resumed(_, _, let twice)): twice.isEmpty
    case (.newBuild, .rolledBack, .broughtBack(let story)): story.isWhole
    default: false
    }
  }

  /// The act's result in one sentence for a person.
  public var sentence: String {
    switch facts {
    case .promoted(let steps, let sessions, let lost, let moved):
      let ramp = steps.map { "\(Self.percent($0.intended))" }.joined(separator: " → ")
      return "\(ramp) % → all; \(lost) of \(Figures.sessions(sessions)) lost, \(moved) moved"
    case .caught(let sessions, let after, let zero, let verified):
      return "caught after \(Figures.count(sessions)) canary sessions "
        + "(\(Figures.duration(after))); share 0 in \(Figures.duration(zero)), "
        + "verified in \(Figures.duration(verified))"
    case .refused(let reason, let sessions):
      return sessions == 0
        ? "\(reason); it never got a session"
        : "\(reason); but it got \(Figures.sessions(sessions))"
    case .resumed(let step, let after, let twice):
      let double = twice.isEmpty ? "nothing done twice" : "TWICE: \(twice.joined(separator: ", "))"
      return "killed at step \(step), resumed in \(Figures.duration(after)), \(double)"
    case .broughtBack(let story): return story.sentence
    case .unfinished(let reason): return reason
    }
  }

  private static func percent(_ share: Share) -> String {
    String(share.description.dropLast(2))
  }

  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "act": .integer(Int64(act.rawValue)), "title": .string(act.title),
      "ending": .string(ending.rawValue), "as_intended": .bool(isAsIntended),
      "sentence": .string(sentence),
    ]
    for (name, value) in facts.json { members[name] = value }
    if let clients { members["clients"] = clients.json }
    if let swings { members["swings"] = swings.json }
    return .object(members)
  }
}

extension ActReport.Facts {
  /// Shares in basis points, times in milliseconds.
  fileprivate var json: [String: JSONValue] {
    switch self {
    case .promoted(let steps, let sessions, let lost, let moved):
      [
        "steps": .array(steps.map(\.json)), "sessions": .integer(Int64(sessions)),
        "lost": .integer(Int64(lost)), "moved": .integer(Int64(moved)),
      ]
    case .caught(let sessions, let after, let zero, let verified):
      [
        "canary_sessions": .integer(Int64(sessions)), "caught_ms": .integer(after),
        "share_zero_ms": .integer(zero), "verified_ms": .integer(verified),
      ]
    case .refused(let reason, let sessions):
      ["reason": .string(reason), "sessions": .integer(Int64(sessions))]
    case .resumed(let step, let after, let twice):
      [
        "killed_at_step": .integer(Int64(step)), "resumed_ms": .integer(after),
        "twice": .array(twice.map { .string($0) }),
      ]
    case .broughtBack(let story): story.json
    case .unfinished(let reason): ["reason": .string(reason)]
    }
  }
}

extension ActReport.Step {
  fileprivate var json: JSONValue {
    func basisPoints(_ percent: Double) -> JSONValue { .integer(Int64((percent * 100).rounded())) }
    return [
      "intended": .integer(Int64(intended.basisPoints)), "measured": basisPoints(measured.percent),
      "low": basisPoints(measured.interval.lowerBound),
      "high": basisPoints(measured.interval.upperBound),
      "canary_sessions": .integer(Int64(measured.count)),
      "sessions": .integer(Int64(measured.total)),
    ]
  }
}
