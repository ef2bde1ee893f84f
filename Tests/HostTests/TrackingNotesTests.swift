import Testing

@testable import SluiceHost

@Suite("What git does not hold yet")
struct TrackingNotesTests {
  private func note(_ count: Int) -> String? {
    var tracking = PackTracking()
    tracking.untracked = (0..<count).map { "skills/\($0)" }
    return tracking.notes.first
  }

  @Test("three files are named, and of more how many more there are")
  func lists() throws {
    #expect(note(0) == nil)
    #expect(try #require(note(3)).contains("skills/0, skills/1, skills/2 yet."))
    #expect(try #require(note(4)).contains("skills/0, skills/1, skills/2 and 1 more yet."))
  }
}
