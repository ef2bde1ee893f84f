import SluiceCore
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHost

@Suite("How much of a commit is written")
struct CommitBoundsTests {
  private func listing(_ sizes: [String]) -> [UInt8] {
    sizes.enumerated().flatMap { index, size in
      Array("100644 blob 0123abcd \(size)\tskills/file\(index)\0".utf8)
    }
  }

  private func fault(_ sizes: [String], _ bounds: CommitBounds) async -> PortError? {
    do throws(PortError) { try bounds.check(listing(sizes), of: "abc") } catch { return error }
    return nil
  }

  @Test("sizes, files and one file have an end, each by itself")
  func bounds() async {
    let bounds = CommitBounds(files: 3, bytes: 100, fileBytes: 60)
    #expect(await fault(["40", "60"], bounds) == nil)
    #expect(await fault(["50", "50", "0"], bounds) == nil)
    #expect(await fault(["61"], bounds)?.message.contains("skills/file0") == true)
    #expect(await fault(["51", "50"], bounds)?.message.contains("to be written") == true)
    #expect(await fault(["1", "1", "1", "1"], bounds)?.message.contains("4 files") == true)
    // A submodule has no size; a sum that no number holds is too much.
    #expect(await fault(["-", "   5"], bounds) == nil)
    let huge = CommitBounds(files: 9, bytes: .max - 1, fileBytes: .max)
    #expect(await fault(["\(Int64.max)", "\(Int64.max)"], huge) != nil)
  }

  @Test("a commit with a file that no pack may hold is refused before anything is written")
  func export() async throws {
    let home = try TemporaryDirectory()
    try Pack.write(Pack.plain, to: home("infra/skills"))
    try await Program.git(["init", "-q"], in: home("infra"))
    _ = try LockWriter(checkout: home("infra")).write(
      openclaw: ReleaseLock.OpenClaw(version: "2026.9.6", daemon: nil, cli: nil, schemas: [:]),
      skillsVersion: "1.4.2", tenants: [:])
    // Zeros: next to nothing in git, all of it on a disk.
    try Files.replace(
      home("infra/skills/alpha/zeros"), with: [UInt8](repeating: 0, count: (64 << 20) + 1))
    try await Program.git(["add", "-A"], in: home("infra"))
    try await Program.git(["commit", "-qm", "huge"], in: home("infra"))
    try await Program.git(["tag", "-am", "huge", "v1"], in: home("infra"))
    let checkout = GitCheckout(directory: home("infra"), git: try Program.path("git"))
    let release = try await checkout.fetch(tag: "v1", commit: nil)
    let error = await portError { try await checkout.export(release, to: home("out")) }
    #expect(error.kind == .refused && error.message.contains("skills/alpha/zeros"))
    #expect(error.remedy?.contains("Nothing was written") == true)
    #expect(try Files.status(of: home("out")) == nil)
    #expect(try Files.status(of: home("out.export")) == nil)
  }
}
