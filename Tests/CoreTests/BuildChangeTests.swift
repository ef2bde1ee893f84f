import SluiceCore
import Testing

@Suite("Another OpenClaw build")
struct BuildChangeTests {
  typealias Build = ReleaseLock.OpenClaw

  private func build(_ version: String, _ schemas: [String: Int]?) -> Build {
    Build(version: version, daemon: nil, cli: nil, schemas: schemas)
  }

  @Test("the same build is no change")
  func same() {
    #expect(BuildChange(from: build("2026.9.4", nil), to: build("2026.9.4", nil)) == nil)
  }

  @Test(
    "equal schemas come back by link, different ones by the state, silent ones nobody knows how")
  func rollback() throws {
    let old = build("2026.9.4", ["agent": 19, "state": 17])
    let newer = build("2026.9.6", ["agent": 23, "state": 18])
    let state = try #require(BuildChange(from: old, to: newer))
    #expect(state.rollback == .state && state.copiesState)
    #expect(state.schemaChanges == ["agent 19 → 23", "state 17 → 18"])
    #expect(state.demands.count == 1)
    #expect(state.demands[0].contains("agent 19 → 23, state 17 → 18"))
    #expect(state.demands[0].contains("kept aside"))
    let link = try #require(BuildChange(from: old, to: build("2026.9.5", old.schemas)))
    #expect(link.rollback == .link && !link.copiesState && link.demands.isEmpty)
    for (from, to) in [(build("2026.7.1-2", nil), newer), (old, build("2026.9.9", nil))] {
      let unknown = try #require(BuildChange(from: from, to: to))
      #expect(unknown.rollback == .unknown && unknown.copiesState)
      #expect(unknown.demands[0].contains((from.schemas == nil ? from : to).version))
    }
  }

  @Test("a database that only one of them has is a change, and one that went away a step down")
  func names() throws {
    let one = build("2026.9.4", ["state": 17])
    let more = build("2026.9.6", ["agent": 1, "state": 17])
    let up = try #require(BuildChange(from: one, to: more))
    #expect(up.rollback == .state && up.schemaChanges == ["agent none → 1"] && !up.isDowngrade)
    let down = try #require(BuildChange(from: more, to: one))
    #expect(down.rollback == .state && down.isDowngrade)
  }

  @Test("a build is what the lock pins, or the first difference is named")
  func pins() throws {
    let other = Digest(of: [1])
    let locked = Build(
      version: "2026.9.6", daemon: .zero, cli: .zero, schemas: ["state": 18], build: "b")
    #expect(BuildCheck.difference(locked, locked) == nil)
    #expect(BuildCheck.difference(locked, build("2026.9.6", nil)) == nil)
    let edits: [((inout Build) -> Void, String)] = [
      ({ $0.version = "2026.9.5" }, "2026.9.5"), ({ $0.daemon = other }, "daemon"),
      ({ $0.cli = nil }, "cli"), ({ $0.schemas = ["state": 17] }, "schemas"),
      ({ $0.build = "c" }, "names itself c"),
    ]
    for (edit, word) in edits {
      var found = locked
      edit(&found)
      let difference = try #require(BuildCheck.difference(found, locked))
      #expect(difference.contains(word))
    }
  }

  @Test("bytes read as disks are sold")
  func bytes() {
    #expect(Wording.bytes(1) == "1 kB")
    #expect(Wording.bytes(12_400_000) == "12 MB")
    #expect(Wording.bytes(1_440_000_000) == "1.4 GB")
  }
}
