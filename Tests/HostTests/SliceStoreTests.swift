import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Slices on disk")
struct SliceStoreTests {
  private let home: TemporaryDirectory
  private let store: DirectorySliceStore
  private let marker = Marker(version: "1.4.2", tree: Pack.digest(Pack.plain))

  init() throws {
    home = try TemporaryDirectory()
    store = DirectorySliceStore(root: home("skills"))
    try Pack.write(Pack.plain, to: home("pack"))
  }

  /// Places a pack whose only file names its version.
  private func place(_ version: String) async throws {
    let files = ["VERSION": version]
    let source = home("source-\(version)")
    try Pack.write(files, to: source)
    _ = try await store.place(
      from: source, marker: Marker(version: version, tree: Pack.digest(files)), token: version)
  }

  @Test("A placed slice is a sealed copy with its marker, and hashes to the lock")
  func place() async throws {
    #expect(try await store.place(from: home("pack"), marker: marker, token: "p-1/3"))
    #expect(try await store.digest(of: "1.4.2") == marker.tree)
    #expect(
      try await store.slices() == [.init(version: "1.4.2", tree: marker.tree, fault: nil)])
    let slice = home("skills/1.4.2")
    #expect(try Files.readText("\(slice)/sluice-release/SKILL.md") == marker.skillFile)
    #expect(try Files.readText("\(slice)/alpha/tool.sh") == Pack.plain["alpha/tool.sh"])
    let modes = ["": 0o555, "/alpha": 0o555, "/alpha/SKILL.md": 0o444, "/alpha/tool.sh": 0o555]
    for (path, mode) in modes {
      #expect(try Files.status(of: slice + path)?.mode == UInt32(mode), "\(path)")
    }
  }

  @Test("Placing again changes nothing; another tree under the same version is refused")
  func placeAgain() async throws {
    _ = try await store.place(from: home("pack"), marker: marker, token: "a")
    let inode = try Files.status(of: home("skills/1.4.2"))?.inode
    #expect(try await store.place(from: home("pack"), marker: marker, token: "b") == false)
    #expect(try Files.status(of: home("skills/1.4.2"))?.inode == inode)

    let other = ["VERSION": "other"]
    try Pack.write(other, to: home("other"))
    let error = await portError {
      _ = try await store.place(
        from: home("other"), marker: Marker(version: "1.4.2", tree: Pack.digest(other)), token: "c")
    }
    #expect(error.kind == .refused)
    #expect(error.message.contains("stands already with tree \(marker.tree.short)"))
    #expect(try await store.digest(of: "1.4.2") == marker.tree)
  }

  @Test("A tree that does not hash to the lock leaves nothing; the manifest names the first file")
  func lyingTree() async throws {
    let manifest = try SkillTree.read(home("pack")).manifest
    try Pack.write(["alpha/SKILL.md": "changed"], to: home("pack"))
    let blind = await portError {
      _ = try await store.place(from: home("pack"), marker: marker, token: "a")
    }
    #expect(blind.kind == .refused && !blind.message.contains("alpha/SKILL.md"))

    try Files.replace(home("pack.sha256"), with: manifest.bytes)
    let told = await portError {
      _ = try await store.place(from: home("pack"), marker: marker, token: "a")
    }
    #expect(told.message.contains("alpha/SKILL.md has other content than the lock says"))

    // A manifest that is not the lock's proves nothing.
    try Files.replace(home("pack.sha256"), with: Array("0  alpha/SKILL.md\n".utf8))
    let lied = await portError {
      _ = try await store.place(from: home("pack"), marker: marker, token: "a")
    }
    #expect(!lied.message.contains("alpha/SKILL.md"))
    #expect(try Files.names(in: home("skills")).isEmpty)
  }

  @Test("A pack that brings the marker's folder is refused")
  func packWithMarker() async throws {
    try Pack.write(["sluice-release/SKILL.md": marker.skillFile], to: home("pack"))
    let error = await portError {
      _ = try await store.place(from: home("pack"), marker: marker, token: "a")
    }
    #expect(error.message.contains("sluice-release"))
  }

  @Test("What a crash left is cleared by the next placing, links and slices stay")
  func leftovers() async throws {
    try await place("1.0.0")
    try await store.swing(.current, to: "1.0.0", token: "a")
    try Pack.write(["half/SKILL.md": "x"], to: home("skills/.staging-dead"))
    try Files.setMode(home("skills/.staging-dead/half"), 0o555)
    try Files.swingLink(home("skills/.current.dead"), to: "/nowhere", token: "x")
    try Files.replace(home("skills/.9.9.9.sha256"), with: [])
    try await place("1.0.1")
    #expect(
      try Files.names(in: home("skills"))
        == [".1.0.0.sha256", ".1.0.1.sha256", "1.0.0", "1.0.1", "current"])
    #expect(try await store.links() == Links(current: "1.0.0", next: nil))
  }

  @Test("An altered slice is told by the file that was altered")
  func altered() async throws {
    _ = try await store.place(from: home("pack"), marker: marker, token: "a")
    let file = home("skills/1.4.2/alpha/tool.sh")
    try Files.setMode(home("skills/1.4.2/alpha"), 0o755)
    try Files.replace(file, with: Array("#!/bin/sh\necho evil\n".utf8), mode: 0o555)
    let fault = try #require(try await store.slices().first?.fault)
    #expect(fault.contains("alpha/tool.sh has other content than the lock says"))
    let again = await portError {
      _ = try await store.place(from: home("pack"), marker: marker, token: "b")
    }
    #expect(again.kind == .refused)
  }

  @Test("An altered marker is a fault, though the tree hashes to the lock")
  func alteredMarker() async throws {
    _ = try await store.place(from: home("pack"), marker: marker, token: "a")
    let lie = Marker(version: "1.5.0", tree: marker.tree)
    try Files.setMode(home("skills/1.4.2/sluice-release"), 0o755)
    try Files.replace(
      home("skills/1.4.2/sluice-release/SKILL.md"), with: Array(lie.skillFile.utf8), mode: 0o444)
    let error = await portError { _ = try await store.digest(of: "1.4.2") }
    #expect(error.kind == .refused)
    #expect(error.message.contains("sluice-release/SKILL.md"))
  }

  @Test("Ten thousand swings: a reader finds the link whole at every look")
  func swings() async throws {
    try await place("1.0.0")
    try await place("1.0.1")
    try await store.swing(.current, to: "1.0.0", token: "0")
    // A process of its own: it reads at its own pace, whatever these tests do to the processors.
    let reader = """
      first=0 second=0 other=0
      while [ ! -e \(home("stop")) ]; do
        version=missing
        { read -r version; } 2>/dev/null <\(home("skills/current/VERSION"))
        case $version in
        1.0.0) first=$((first + 1)) ;;
        1.0.1) second=$((second + 1)) ;;
        *) other=$((other + 1)) ;;
        esac
        [ -e \(home("ready")) ] || : >\(home("ready"))
      done
      echo $first $second $other
      """
    let process = try Processes.spawnDetached(
      ProcessCommand("/bin/sh", ["-c", reader]), outputPath: home("seen"))
    for _ in 0..<500 where try Files.status(of: home("ready")) == nil {
      try await Task.sleep(for: .milliseconds(20))
    }
    try #require(try Files.status(of: home("ready")) != nil)
    for count in 1...10_000 {
      try await store.swing(.current, to: "1.0.\(count % 2)", token: "op-\(count)")
    }
    try Files.replace(home("stop"), with: [])
    try #require(await Processes.waitForExit(process, deadline: .seconds(30)))
    let seen = try Files.readText(home("seen")).split { $0 == " " || $0 == "\n" }
      .compactMap { Int($0) }
    try #require(seen.count == 3)
    #expect(seen[0] > 100 && seen[1] > 100 && seen[2] == 0, "\(seen)")
    #expect(try await store.links() == Links(current: "1.0.0", next: nil))
    #expect(try Files.names(in: home("skills")).filter { $0.hasPrefix(".current") }.isEmpty)
  }

  @Test("A swing to what is there already leaves the link untouched")
  func swingAgain() async throws {
    try await place("1.0.0")
    try await store.swing(.next, to: "1.0.0", token: "a")
    let inode = try Files.status(of: home("skills/next"))?.inode
    try await store.swing(.next, to: "1.0.0", token: "b")
    #expect(try Files.status(of: home("skills/next"))?.inode == inode)
  }

  @Test(
    "No name but a version gets into a path",
    arguments: ["../pack", "..", "", "current", "1.4.2/../../pack", "-rf", "1.4.2+x", "1.4.2\0"])
  func names(_ version: String) async throws {
    _ = try await store.place(from: home("pack"), marker: marker, token: "a")
    let errors = [
      await portError { try await store.swing(.current, to: version, token: "a") },
      await portError { _ = try await store.digest(of: version) },
      await portError {
        _ = try await store.place(
          from: home("pack"), marker: Marker(version: version, tree: marker.tree), token: "a")
      },
    ]
    for error in errors { #expect(error.message.contains("cannot name a slice")) }
    let removed = await portError { try await store.remove(.init(.slice, version)) }
    #expect(removed.message.contains("is no slice of"))
    #expect(try Files.status(of: home("skills/current")) == nil)
  }

  @Test("A link cannot name what is not there, nor stand where a directory is")
  func refusedSwings() async throws {
    try await place("1.0.0")
    let missing = await portError { try await store.swing(.current, to: "2.0.0", token: "a") }
    #expect(missing.kind == .refused && missing.message.contains("2.0.0 is not there"))
    try Files.makeDirectory(home("skills/current"))
    let blocked = await portError { try await store.swing(.current, to: "1.0.0", token: "a") }
    #expect(blocked.kind == .refused && blocked.message.contains("no symbolic link"))
    #expect(try Files.names(in: home("skills/current")).isEmpty)
  }

  @Test("Links made by hand are read: relative, by another name of the root, dangling, foreign")
  func links() async throws {
    try await place("1.0.0")
    try Files.swingLink(home("alias"), to: home("skills"), token: "x")
    try Files.swingLink(home("skills/current"), to: "1.0.0", token: "x")
    try Files.swingLink(home("skills/next"), to: home("alias/1.0.0"), token: "x")
    #expect(try await store.links() == Links(current: "1.0.0", next: "1.0.0"))
    try Files.swingLink(home("skills/next"), to: home("skills/3.0.0"), token: "x")
    let dangling = try await store.links()
    #expect(dangling.current == "1.0.0" && dangling.next == nil)
    #expect(dangling.nextFault?.contains("3.0.0, which is not there") == true)
    try Files.swingLink(home("skills/next"), to: "/usr/share", token: "x")
    let foreign = try await store.links()
    #expect(foreign.current == "1.0.0" && foreign.next == nil)
    #expect(foreign.nextFault?.contains("points at /usr/share") == true)
    try await store.swing(.next, to: "1.0.0", token: "a")
    #expect(try await store.links() == Links(current: "1.0.0", next: "1.0.0"))
    try Files.swingLink(home("skills/current"), to: "/usr/share", token: "x")
    let error = await portError { _ = try await store.links() }
    #expect(error.message.contains("current points at /usr/share"))
  }

  @Test("B5: next names nothing, or is a directory: current is read all the same")
  func nextAlone() async throws {
    try await place("1.0.0")
    try await store.swing(.current, to: "1.0.0", token: "a")
    #expect(try await store.links() == Links(current: "1.0.0", next: nil))
    try Files.makeDirectory(home("skills/next"))
    let links = try await store.links()
    #expect(links.current == "1.0.0")
    #expect(links.nextFault?.contains("no symbolic link") == true)
    _ = await portError { try await store.swing(.next, to: "1.0.0", token: "b") }
    #expect(try Files.names(in: home("skills/next")).isEmpty)
  }

  @Test("A sealed slice is removed whole, but not while a link names it")
  func remove() async throws {
    try await place("1.0.0")
    try await place("1.0.1")
    try await store.swing(.current, to: "1.0.0", token: "a")
    let error = await portError { try await store.remove(.init(.slice, "1.0.0")) }
    #expect(error.message.contains("current names it"))
    try await store.remove(.init(.slice, "1.0.1"))
    #expect(try Files.names(in: home("skills")) == [".1.0.0.sha256", "1.0.0", "current"])
  }

  @Test("Before the first placing there is nothing, and that is no error")
  func empty() async throws {
    #expect(try await store.slices().isEmpty)
    #expect(try await store.links() == Links(current: nil, next: nil))
  }
}
