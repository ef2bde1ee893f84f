import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Paths and links")
struct PathTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("a link in a path's last place is seen, changed and removed, never followed")
  func noFollowing() throws {
    let (file, link) = (directory("file"), directory("link"))
    try Files.create(file, with: Array("x".utf8), mode: 0o640)
    try Files.swingLink(link, to: file, token: "t")
    #expect(try Files.status(of: link)?.kind == .link)
    #expect(throws: SystemError("open", code: ELOOP, path: link)) { try Files.read(link) }
    #expect(try Files.readText(link, followingLink: true) == "x")
    #expect(throws: SystemError("chmod", code: ELOOP, path: link)) {
      try Files.setMode(link, 0o777)
    }
    #expect(throws: SystemError("open", code: ELOOP, path: link)) { try AppendFile(path: link) }
    #expect(throws: SystemError("open", code: ELOOP, path: link)) {
      try FileLock.tryAcquire(link, note: "")
    }
    #expect(try Files.status(of: file)?.mode == 0o640)
    try Files.replace(link, with: Array("y".utf8))
    #expect(try Files.readText(file) == "x")
    #expect(try Files.readText(link) == "y")
  }

  @Test("only regular files are read, and nothing hangs on a pipe")
  func kinds() async throws {
    #expect(throws: SystemError("read", code: EISDIR, path: directory.path)) {
      try Files.read(directory.path)
    }
    #expect(throws: SystemError("read", code: EINVAL, path: "/dev/zero")) {
      try Files.read("/dev/zero")
    }
    #expect(mkfifo(directory("pipe"), 0o600) == 0)
    #expect(throws: SystemError("read", code: EINVAL, path: directory("pipe"))) {
      try Files.read(directory("pipe"))
    }
  }

  @Test("a path with a zero byte is refused, as C would act on another file")
  func zeroByte() throws {
    let path = directory("a\0b")
    #expect(throws: SystemError("open", code: EINVAL, path: path)) { try Files.read(path) }
    #expect(throws: SystemError.self) { try Files.replace(path, with: [1]) }
    #expect(throws: SystemError.self) { try Files.makeDirectory(path) }
    #expect(try Files.names(in: directory.path) == [])
    // Here stands what C would take each of them for.
    for name in ["a", "c"] { try Files.create(directory(name), with: [], mode: 0o600) }
    #expect(throws: SystemError("rename", code: EINVAL, path: path)) {
      try Files.rename(path, to: directory("d"))
    }
    #expect(throws: SystemError("rename", code: EINVAL, path: path)) {
      try Files.rename(directory("c"), to: path)
    }
    #expect(throws: SystemError("rename", code: EINVAL, path: path)) {
      try Files.exchange(directory("c"), path)
    }
    #expect(throws: SystemError.self) { try Files.exchange(path, directory("c")) }
    #expect(throws: SystemError.self) { try Files.keep(path, as: directory("d")) }
    #expect(throws: SystemError.self) { try Files.keep(directory("c"), as: directory("d\0")) }
    #expect(try Files.names(in: directory.path) == ["a", "c"])
  }

  @Test("permissions are what was asked for, whatever the umask")
  func umaskIsIrrelevant() async {
    await #expect(processExitsWith: .success) {
      umask(0o077)
      let directory = try TemporaryDirectory()
      try Files.create(directory("c"), with: [], mode: 0o644)
      try Files.replace(directory("r"), with: [], mode: 0o664)
      try Files.makeDirectory(directory("p/d"), mode: 0o755)
      _ = try AppendFile(path: directory("a"), mode: 0o640)
      let modes = try ["c", "r", "p/d", "a"].map { try Files.status(of: directory($0))?.mode }
      // `exit` runs no deinit.
      directory.remove()
      exit(modes == [0o644, 0o664, 0o755, 0o640] ? 0 : 1)
    }
  }

  @Test("a file that cannot be created whole is not there at all")
  func createFails() throws {
    let path = directory("f")
    try Files.makeDirectory(path)
    #expect(throws: SystemError("rename", code: EEXIST, path: path)) {
      try Files.create(path, with: [1], mode: 0o600)
    }
    #expect(throws: SystemError.self) { try Files.replace(path, with: [1]) }
    #expect(try Files.names(in: directory.path) == ["f"])
    #expect(throws: SystemError.self) {
      try Files.create(directory("none/f"), with: [1], mode: 0o600)
    }
  }

  @Test("of many who create the same file one succeeds, and its bytes are the ones there")
  func createRace() async throws {
    let path = directory("once")
    let winners = await withTaskGroup(of: UInt8?.self) { group in
      for number in UInt8(0)..<16 {
        group.addTask {
          let bytes = [UInt8](repeating: number, count: 10_000)
          return (try? Files.create(path, with: bytes, mode: 0o600)) == nil ? nil : number
        }
      }
      return await group.reduce(into: [UInt8]()) { if let number = $1 { $0.append(number) } }
    }
    try #require(winners.count == 1)
    #expect(try Files.read(path) == [UInt8](repeating: winners[0], count: 10_000))
    #expect(try Files.names(in: directory.path) == ["once"])
  }

  @Test("directories are made with their parents, again without complaint, never over a file")
  func makeDirectory() throws {
    try Files.makeDirectory(directory("a/b/c/"), mode: 0o700)
    try Files.makeDirectory(directory("a/b/c"), mode: 0o755)
    #expect(try Files.status(of: directory("a/b/c"))?.mode == 0o700)
    try Files.swingLink(directory("link"), to: "a", token: "t")
    try Files.makeDirectory(directory("link"))
    try Files.makeDirectory(directory("link/d"))
    #expect(try Files.names(in: directory("a")) == ["b", "d"])
    try Files.create(directory("file"), with: [], mode: 0o600)
    for path in ["file", "file/x"] {
      #expect(throws: SystemError.self) { try Files.makeDirectory(directory(path)) }
    }
    try Files.swingLink(directory("dangling"), to: directory("none"), token: "t")
    #expect(throws: SystemError.self) { try Files.makeDirectory(directory("dangling")) }
  }

  @Test("names come sorted by their bytes; one that is not UTF-8 is an error, and still removed")
  func names() throws {
    for name in ["é", "b", "B", ".hidden", "a b\nc"] {
      try Files.create(directory("d-\(name)"), with: [], mode: 0o600)
    }
    #expect(
      try Files.names(in: directory.path) == ["d-.hidden", "d-B", "d-a b\nc", "d-b", "d-é"])
    try Files.makeDirectory(directory("tree"))
    let odd = Array("\(directory.path)/tree/".utf8CString.dropLast()) + [-1, 0]
    // macOS refuses to make such a name.
    guard mkdir(odd, 0o700) == 0 else { return }
    #expect(throws: SystemError("readdir", code: EILSEQ, path: directory("tree"))) {
      try Files.names(in: directory("tree"))
    }
    try Files.removeTree(directory("tree"))
    #expect(try Files.status(of: directory("tree")) == nil)
  }

  @Test("removing says what was not there, but a missing tree is as good as removed")
  func removing() throws {
    #expect(throws: SystemError("unlink", code: ENOENT, path: directory("x"))) {
      try Files.removeFile(directory("x"))
    }
    try Files.removeTree(directory("x"))
    try Files.removeTree(directory("x/y"))
  }

  @Test("a link to a directory is removed from a tree, and the directory stays")
  func treeWithLinks() throws {
    try Files.makeDirectory(directory("kept/inner"))
    try Files.makeDirectory(directory("tree/deep"))
    try Files.swingLink(directory("tree/deep/out"), to: directory("kept"), token: "t")
    try Files.swingLink(directory("top"), to: directory("kept"), token: "t")
    try Files.removeTree(directory("tree"))
    try Files.removeTree(directory("top"))
    #expect(try Files.names(in: directory.path) == ["kept"])
    #expect(try Files.names(in: directory("kept")) == ["inner"])
  }

  @Test("a file system has room, and no more free than in all")
  func freeSpace() throws {
    let (free, total) = try Files.freeSpace(at: directory.path)
    #expect(free > 0)
    #expect(free <= total)
  }

  @Test("times and links of a file are told")
  func status() throws {
    try Files.create(directory("f"), with: [1, 2, 3], mode: 0o600)
    let status = try #require(try Files.status(of: directory("f")))
    #expect(status.kind == .regular)
    #expect(status.size == 3)
    #expect(status.linkCount == 1)
    #expect(status.owner == HostFacts.userIdentifier)
    #expect(abs(status.modifiedMilliseconds - SystemClock.wallMilliseconds()) < 60_000)
    #expect(link(directory("f"), directory("g")) == 0)
    let other = try #require(try Files.status(of: directory("g")))
    #expect(other.linkCount == 2)
    #expect(other.inode == status.inode)
    #expect(other.device == status.device)
  }
}
