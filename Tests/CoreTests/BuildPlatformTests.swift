import SluiceCore
import Testing

@Suite("A build on several platforms")
struct BuildPlatformTests {
  private let mac = Digest(of: [1])
  private let intel = Digest(of: [2])
  private let cli = Digest(of: [3])

  private func build(_ daemon: Digest?, _ platform: String?) -> ReleaseLock.OpenClaw {
    .init(
      version: "2026.9.6", daemon: daemon, cli: cli, schemas: ["state": 18], build: "b",
      platform: platform)
  }

  @Test("what was read on another kind of machine is pinned beside the first")
  func joining() {
    let first = build(mac, "darwin-arm64")
    #expect(first.joining(nil) == first)
    let both = build(intel, "darwin-x64").joining(first)
    #expect(both.daemon == mac && both.platform == "darwin-arm64")
    #expect(both.daemons == ["darwin-x64": intel])
    #expect(both.platformsPinned == ["darwin-arm64", "darwin-x64"])
    // Read again on either machine: the same lock.
    #expect(first.joining(both) == both)
    #expect(build(intel, "darwin-x64").joining(both) == both)
    // Another tree of the first machine, or another program: what the others had says nothing of it.
    #expect(build(intel, "darwin-arm64").joining(both) == build(intel, "darwin-arm64"))
    var other = build(intel, "darwin-x64")
    other.cli = mac
    #expect(other.joining(first) == other)
    // A lock without platforms is replaced.
    #expect(first.joining(build(mac, nil)) == first)
  }

  @Test("a host is held to what is pinned for its platform, and one that nobody pinned is refused")
  func difference() {
    let locked = build(intel, "darwin-x64").joining(build(mac, "darwin-arm64"))
    #expect(BuildCheck.difference(build(mac, "darwin-arm64"), locked) == nil)
    #expect(BuildCheck.difference(build(intel, "darwin-x64"), locked) == nil)
    let swapped = BuildCheck.difference(build(mac, "darwin-x64"), locked)
    #expect(swapped?.hasPrefix("its daemon hashes to") == true)
    let unpinned = BuildCheck.difference(build(mac, "linux-x64"), locked)
    #expect(
      unpinned
        == "openclaw.lock pins it for darwin-arm64 and darwin-x64, and this host is linux-x64. Pin "
        + "it for that, too, on such a machine: sluice lock --build DIR")
  }

  @Test("a lock or an agent without platforms compares as ever")
  func without() {
    #expect(BuildCheck.difference(build(mac, "darwin-arm64"), build(mac, nil)) == nil)
    #expect(BuildCheck.difference(build(mac, "darwin-arm64"), build(intel, nil)) != nil)
    #expect(BuildCheck.difference(build(mac, nil), build(mac, "darwin-arm64")) == nil)
    #expect(BuildCheck.difference(build(intel, "linux-x64"), build(nil, nil)) == nil)
  }
}
