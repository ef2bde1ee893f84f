import SluiceCore
import SluiceJSON
import SluiceLedger
import Testing

@Suite("The line of an acceptance")
struct AcceptanceLineTests {
  @Test("a finding's words are cut to 200 characters, whose bytes do not count")
  func cut() {
    func kept(_ message: String) -> String? {
      let finding = DoctorFinding(
        check: "core/doctor/x", severity: .warning, requirement: nil, path: nil, target: nil,
        message: message)
      let line = AcceptanceLine(
        .intended, HostName("mac-a"), [finding], operation: OperationID(rawValue: "a/1"),
        epoch: Epoch(1), at: Moment(wallMilliseconds: 0, monotonicMilliseconds: 0, boot: "b"),
        actor: "ana", reason: "as installed")
      return line.draft.detail["findings"]?.elements?.first?["message"]?.text
    }
    let whole = String(repeating: "ä", count: 200)
    #expect(kept(whole) == whole && kept(whole + "x") == whole && kept("") == "")
  }
}
