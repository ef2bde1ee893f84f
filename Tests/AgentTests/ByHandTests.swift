import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("A host that was run by hand")
struct ByHandTests {
  /// The slice as somebody copied it: without a marker, and open for writing.
  private func unmark(_ host: TestHost) throws {
    let slice = host.home("skills/1.4.1")
    for path in [slice, "\(slice)/greeter", "\(slice)/sluice-release"] {
      try Files.setMode(path, 0o755)
    }
    try Files.removeTree("\(slice)/sluice-release")
    try Files.removeFile(host.home("skills/.1.4.1.sha256"))
  }

  private func slice(_ survey: HostSurvey) throws -> HostSurvey.Slice {
    try #require(survey.slices.first { $0.version == "1.4.1" })
  }

  @Test("a slice without its marker is told with its tree, and placing brings the marker")
  func marker() async throws {
    let host = try await TestHost()
    try unmark(host)
    try await host.withAgent { client in
      let before = try slice(try await client.survey())
      #expect(before.unmarked == host.old.lock.skills.tree && before.changes == nil)
      let adoption = HostAdoption(host.spec, try await client.survey(), release: host.old)
      #expect(adoption.steps.first?.action == .place)
      _ = try await client.order(.place(host.old, links: false), "adopt-1/mac-a")
      #expect(
        try slice(try await client.survey())
          == .init(version: "1.4.1", tree: host.old.lock.skills.tree, fault: nil))
    }
    let marker = try Files.readText(host.home("skills/1.4.1/sluice-release/SKILL.md"))
    #expect(marker == host.old.marker.skillFile)
  }

  @Test("files that differ from the lock of the host's checkout are named")
  func changes() async throws {
    let host = try await TestHost()
    try unmark(host)
    let slice = host.home("skills/1.4.1")
    try Files.replace("\(slice)/greeter/SKILL.md", with: Array("by hand".utf8))
    try Files.replace("\(slice)/notes.txt", with: Array("by hand".utf8))
    try await host.withAgent { client in
      let found = try self.slice(try await client.survey())
      #expect(found.unmarked != nil && found.unmarked != host.old.lock.skills.tree)
      #expect(
        found.changes == [
          SliceChange(path: "greeter/SKILL.md", kind: .changed),
          SliceChange(path: "notes.txt", kind: .added),
        ])
      let refused = await portError {
        _ = try await client.order(.place(host.old, links: false), "adopt-1/mac-a")
      }
      #expect(refused.kind == .refused)
    }
    #expect(try Files.status(of: "\(slice)/sluice-release") == nil)
  }

  @Test("a current that is a directory is part of the answer, with the way out of it")
  func directory() async throws {
    let host = try await TestHost()
    try Files.removeFile(host.home("skills/current"))
    try Files.makeDirectory(host.home("skills/current"))
    try await host.withAgent { client in
      let survey = try await client.survey()
      let fault = try #require(survey.links.currentFault)
      #expect(survey.links.current == nil && fault.contains("current is no symbolic link"))
      let steps = HostAdoption(host.spec, survey, release: host.old).steps
      #expect(steps.map(\.action) == [.link] && steps[0].commands.count == 2)
    }
  }
}
