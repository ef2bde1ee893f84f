import SluiceCore
import SluicePorts

/// Performs the steps of a plan on one host, in their order, up to the first that fails.
public struct InstallRun: Sendable {
  public enum Outcome: Sendable, Hashable {
    case alreadyDone, done
    /// A person has to type these commands on the host.
    case byHand(reason: String, commands: String)
    case failed(String, remedy: String)
  }

  private let plan: InstallPlan
  private let shell: any HostShell
  private static let deadline = Duration.seconds(300)

  public init(_ plan: InstallPlan, on shell: any HostShell) {
    self.plan = plan
    self.shell = shell
  }

  /// - Parameters:
  ///   - before: called before a step's work begins.
  ///   - after: called with each step's outcome.
  /// - Returns: whether every step is done now.
  public func perform(
    before: (InstallStep) -> Void, after: (InstallStep, Outcome) -> Void
  ) async -> Bool {
    for step in plan.steps {
      let outcome: Outcome
      switch step.plan {
      case .done: outcome = .alreadyDone
      case .blocked(let reason, let remedy): outcome = .failed(reason, remedy: remedy)
      case .work(let work):
        before(step)
        outcome = await perform(work)
      }
      after(step, outcome)
      switch outcome {
      case .alreadyDone, .done: continue
      case .byHand, .failed: return false
      }
    }
    return true
  }

  private func perform(_ work: InstallWork) async -> Outcome {
    if let reason = work.needsRoot, !plan.hasRoot {
      return .byHand(
        reason: "\(reason), and sudo asks for a password there", commands: work.byHand)
    }
    do throws(PortError) {
      let answer = try await shell.run(work.script, deadline: Self.deadline)
      if answer.exitCode == 0 { return .done }
      return .failed(
        LookFrame.lastWords(of: answer), remedy: "Mend that, or do it by hand:  \(work.byHand)")
    } catch {
      return .failed(error.heard.message, remedy: error.remedy ?? "Run the command again.")
    }
  }
}

extension LookFrame {
  /// Why a script failed, in the words of its last command.
  static func lastWords(of answer: ShellAnswer) -> String {
    let lines = answer.errors.split(whereSeparator: \.isNewline).map { String($0).trimmed }
      .filter { !$0.isEmpty }
    let words = lines.suffix(3).joined(separator: "; ")
    return Speech.text(words.isEmpty ? "exit code \(answer.exitCode)" : words)
  }
}
