import Foundation
import Testing

/// The promotion as stories: what happens, and below it what the promotion makes of that. They are
/// written anew by `SLUICE_REWRITE=1 scripts/test --filter TranscriptTests`; read the difference before
/// it is committed.
@Suite("Transcripts of the promotion")
struct TranscriptTests {
  private static let directory = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appending(path: "Transcripts")

  static let names = [
    "good", "bad", "paused", "paused-at-the-mirror", "full-disk", "successor", "back",
    "back-at-once", "back-one-by-one", "build",
    "host-away", "cannot-be-placed", "unproven", "operator", "tenants", "without-eviction",
    "without-one-motion", "without-one-motion-in-flight", "without-pins", "without-session-log",
    "without-generation",
    "without-unpinning", "without-anything", "drill-canary", "drill-rollback",
  ]

  @Test("every transcript is in the list") func list() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.directory.path)
      .filter { $0.hasSuffix(".txt") }
    #expect(Set(files) == Set(Self.names.map { "\($0).txt" }))
  }

  @Test("says what it said", arguments: names)
  func transcript(name: String) async throws {
    let file = Self.directory.appending(path: "\(name).txt")
    let text = try String(contentsOf: file, encoding: .utf8)
    let told = try await Self.tell(text)
    if ProcessInfo.processInfo.environment["SLUICE_REWRITE"] == "1" {
      try told.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(told == text)
    #expect(told.contains("phase:") && !told.contains("cannot be told"))
  }

  /// Lines without an indent are told; what is indented below one is what came of it.
  static func tell(_ text: String) async throws -> String {
    var story = Story()
    var out: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("  ") { continue }
      out.append(String(line))
      guard !line.isEmpty, !line.hasPrefix("#") else { continue }
      do { out += try await story.tell(String(line)).map { "  \($0)" } } catch {
        out.append("  cannot be told: \(error)")
      }
    }
    return out.joined(separator: "\n")
  }
}
