import SluiceArguments
import SluiceStatus

extension Severity {
  var tone: Tone {
    switch self {
    case .plain: .plain
    case .good: .good
    case .warning: .warning
    case .bad: .bad
    }
  }
}
