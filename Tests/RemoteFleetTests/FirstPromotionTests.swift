import SluiceCore
import SluiceLedger
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceRehearsal

/// `docs/first-promotion.md`, typed from top to bottom on a fleet that was run by hand.
@Suite(
  "The first promotion, as its page has it typed", .serialized,
  .enabled(if: TestNetwork.obstacle == nil, "SKIPPED: \(TestNetwork.obstacle ?? "")"),
  .enabled("SKIPPED: this account may not make network namespaces") {
    try await TestNetwork.isAllowed()
  })
struct FirstPromotionTests {
  @Test("every command of the page does what the page says")
  func wholePage() async throws {
    try await RemoteFleet.with(.withoutSluice) { fleet in
      let began = SystemClock.monotonicMilliseconds()
      let typist = try Typist(fleet)
      let commands = try FirstPromotionPage.commands()
      var typed: [String: Int] = [:]
      for command in commands {
        let count = typed[command, default: 0] + 1
        typed[command] = count
        try await typist.type(command, time: count)
      }
      try await typist.finish()
      let seconds = (SystemClock.monotonicMilliseconds() - began) / 1000
      print(
        "figure: first promotion on a fresh fleet: \(commands.count) commands, \(seconds) s")
    }
  }
}

/// The command lines of the page, in their order.
enum FirstPromotionPage {
  static func commands() throws -> [String] {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = try Files.readText("/\(root)/docs/first-promotion.md")
    let parts = page.split(separator: "```\n", omittingEmptySubsequences: false)
    let blocks = parts.indices.filter { $0 % 2 == 1 }.map { parts[$0] }
    return blocks.flatMap { $0.split(separator: "\n").map(String.init) }
  }
}
