import SluiceArguments
import SluiceStatus

/// One host: a line, and under it every check that is not as it should be.
struct HostView {
  let status: HostStatus

  init(_ status: HostStatus) { self.status = status }

  var tree: TextTree { TextTree(head, status.remarks.map { TextTree(Self.line($0)) }) }

  private var head: StyledText {
    let tone = status.severity.tone
    let name = status.host.rawValue + (status.arm.map { "  \($0.rawValue)" } ?? "") + "  "
    switch status.sight {
    case .says(let word):
      return StyledText(name) + StyledText(word.status.rawValue, tone)
        + StyledText("   \(word.release)   boot \(word.boot)   \(word.doctor)   \(word.queue)")
        + StyledText("   \(word.fingerprint.short)", .faint)
    case .silent(let why):
      return StyledText(name) + StyledText("silent", tone) + StyledText("   \(why)")
    case .remembered(let word, let runs):
      return StyledText("\(name)\(word)   \(runs)", tone)
    }
  }

  private static func line(_ remark: HostStatus.Remark) -> StyledText {
    guard let subject = remark.subject else { return StyledText(remark.text, remark.severity.tone) }
    return StyledText("\(subject)  ", remark.severity.tone) + StyledText(remark.text)
  }
}
