/// The meaning of a command's exit code.
public enum ExitCode: Int32, Sendable, CaseIterable {
  case done = 0
  case error = 1
  case changesPending = 2
  case rolledBack = 3
  case rolledBackUnverified = 4
  case waitingForHuman = 5
  case frozen = 6
  case usage = 64
  case interrupted = 130

  var meaning: String {
    switch self {
    case .done: "done, and verified"
    case .error: "an error; nothing was left half done"
    case .changesPending: "changes are pending (plan)"
    case .rolledBack: "a gate failed; rolled back, and verified"
    case .rolledBackUnverified: "rolled back, NOT verified"
    case .waitingForHuman: "waits for a person"
    case .frozen: "frozen, or another controller holds the lock"
    case .usage: "the command line is not valid"
    case .interrupted: "ended by Ctrl-C; what it showed goes on"
    }
  }
}
