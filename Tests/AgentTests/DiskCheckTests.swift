import SluiceCore
import Testing

@Suite("What a check says of the disk")
struct DiskCheckTests {
  @Test("a disk is odd from 90 % on, and what to do is said only then")
  func disk() async throws {
    let host = try await TestHost()
    try await host.withAgent { client in
      let check = try await client.ask(.check, deadline: .seconds(90))
      let answer = try #require(check.answers.first { $0.capability == "disk" })
      let percent = try #require(answer.came.split(separator: " ").first.flatMap { Int($0) })
      #expect(answer.level == (percent >= 90 ? .odd : .expected), "\(answer)")
      #expect(answer.means.isEmpty == (percent < 90))
    }
  }
}
