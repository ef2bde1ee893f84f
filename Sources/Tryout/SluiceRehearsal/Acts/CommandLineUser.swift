import SluiceCore
import SluicePorts
import SluiceSystem

/// The operator of a rehearsal: types commands, reads what they print.
struct CommandLineUser: Sendable {
  /// A command's output.
  struct Answer: Sendable {
    let code: Int32?
    let output: String
    let messages: String

    /// Whether a plan is blocked because an agent did not answer in time.
    var isOfSilence: Bool {
      output.contains("does not answer") || output.contains("no gateway answers")
    }

    /// The first lines that say why, for a report.
    var words: String {
      let lines = (messages.isEmpty ? output : messages).split(separator: "\n")
      let blocked = lines.firstIndex(of: "Blocked:") ?? lines.startIndex
      return lines[blocked...].prefix(2).map { $0.trimmingBlanks }.joined(separator: " ")
    }
  }

  let fleet: RehearsalFleet

  func type(_ arguments: [String]) async throws(PortError) -> Answer {
    let outcome = try await fleet.run(
      arguments, deadline: .milliseconds(fleet.timing.commandMilliseconds))
    let code: Int32? = if case .exited(let code) = outcome.termination { code } else { nil }
    return Answer(code: code, output: outcome.outputText, messages: outcome.errorText)
  }

  /// Reads a plan: what to type to run it, as the plan itself says; nil when it cannot be run.
  func plan(_ tag: String) async throws(PortError) -> (plan: String?, answer: Answer) {
    let answer = try await type(["plan", tag, "--ticket", "REHEARSAL"])
    return (answer.code == 2 ? Self.planToRun(in: answer.output) : nil, answer)
  }

  /// `… Run it:  sluice promote 7f3a91c2`.
  static func planToRun(in text: String) -> String? {
    let words = text.split(whereSeparator: \.isWhitespace)
    for (index, word) in words.enumerated() where word == "promote" && index + 1 < words.count {
      let name = words[index + 1]
      if name.utf8.count >= 4, name.allSatisfy(\.isHexDigit) { return String(name) }
    }
    return nil
  }
}

extension Substring {
  fileprivate var trimmingBlanks: String {
    var text = drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
