import SluiceArguments
import SluiceLedger
import SluiceSimulator
import Testing

@testable import SluiceCommands

@Suite("The lines of sluice audit log")
struct AuditViewTests {
  @Test(
    "who wrote a line: the actor, and the account where its name is another",
    arguments: [
      ("ana", nil, "ana"), ("ana", "ana", "ana"), ("ana", "ana (Ana Lima)", "ana (Ana Lima)"),
      ("ana", "ops", "ana, account ops"), ("ana", "anabel", "ana, account anabel"),
    ])
  func person(actor: String, account: String?, shown: String) async throws {
    var entry = try #require(try await HostileNumberTests.entries().first)
    (entry.actor, entry.account) = (actor, account)
    let lines = AuditView.lines([entry], of: ExampleFleet.fleet(), width: 200, style: .plain)
    let row = try #require(lines.last)
    #expect(row.contains("  \(shown)  "), "\(row)")
  }
}
