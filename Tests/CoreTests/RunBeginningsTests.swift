import Testing

@testable import SluiceCore

@Suite("Requests that were accepted and began no run")
struct RunBeginningsTests {
  private static let host = HostName("mac-a")

  /// The knowledge after so many sessions were accepted and so many runs began, between two readings.
  private func beginnings(
    sessions: Int, runs: Int, before: Int = 0, until: Int64 = 200_000
  ) -> RunBeginnings {
    var beginnings = RunBeginnings()
    for _ in 0..<before { beginnings.countRun(of: Self.host) }
    beginnings.take(LedgerRead(host: Self.host, atMilliseconds: 0, isNew: true))
    for _ in 0..<sessions { beginnings.countSession(of: Self.host, at: 100_000) }
    for _ in 0..<runs { beginnings.countRun(of: Self.host) }
    beginnings.take(LedgerRead(host: Self.host, atMilliseconds: until, isNew: false))
    return beginnings
  }

  @Test("three may be missing without a word; a fourth makes all of them count")
  func slack() throws {
    let three = try #require(beginnings(sessions: 10, runs: 7).counts(of: Self.host))
    #expect(three[.runNeverBegan] == 0 && three[.success] == 10)
    let four = try #require(beginnings(sessions: 10, runs: 6).counts(of: Self.host))
    #expect(four[.runNeverBegan] == 4 && four[.success] == 6)
  }

  @Test("runs that were known before the first reading began for others")
  func before() throws {
    let counts = try #require(beginnings(sessions: 10, runs: 4, before: 6).counts(of: Self.host))
    #expect(counts[.runNeverBegan] == 6)
  }

  @Test("nothing is said while the ledger was read for two minutes or less")
  func tooLittle() {
    #expect(beginnings(sessions: 10, runs: 0, until: 120_000).counts(of: Self.host) == nil)
    #expect(beginnings(sessions: 10, runs: 0, until: 160_001).counts(of: Self.host) != nil)
    #expect(beginnings(sessions: 10, runs: 0).counts(of: HostName("mac-b")) == nil)
  }

  @Test("a session at the edge of what was read is not counted: its run may not be told yet")
  func edges() throws {
    var beginnings = beginnings(sessions: 5, runs: 5)
    for edge: Int64 in [60_000, 140_000] {
      beginnings.countSession(of: Self.host, at: edge)
    }
    #expect(try #require(beginnings.counts(of: Self.host))[.success] == 5)
    for inside: Int64 in [60_001, 139_999] {
      beginnings.countSession(of: Self.host, at: inside)
    }
    #expect(try #require(beginnings.counts(of: Self.host))[.success] == 7)
  }
}
