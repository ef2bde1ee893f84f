import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("A tree that is copied")
struct CopiedTreeTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Long ago, so that nothing that is made now has this time.
  private func age(_ path: String) throws {
    let times = [
      timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0),
    ]
    try #require(utimensat(AT_FDCWD, directory(path), times, AT_SYMLINK_NOFOLLOW) == 0)
  }

  @Test("has the modes, times and owners of the original: the directory itself, those in it, files")
  func likeness() throws {
    try Files.makeDirectory(directory("one/inner"))
    try Files.create(directory("one/inner/file"), with: Array("text".utf8), mode: 0o640)
    try Files.swingLink(directory("one/link"), to: "inner/file", token: "t")
    let modes: [(path: String, mode: UInt32)] = [
      ("/inner/file", 0o640), ("/inner", 0o750), ("", 0o511),
    ]
    for (path, mode) in modes {
      try Files.setMode(directory("one\(path)"), mode)
      // Only root gives what it has to another user.
      if geteuid() == 0 { try #require(lchown(directory("one\(path)"), 4_711, 4_712) == 0) }
      try age("one\(path)")
    }
    try Files.copyTree(directory("one"), to: directory("two"))
    for (path, mode) in modes {
      let made = try #require(try Files.status(of: directory("two\(path)")))
      let original = try #require(try Files.status(of: directory("one\(path)")))
      #expect(made.mode == mode, "\(path)")
      #expect(made.modifiedMilliseconds == 1_000_000_000_000, "\(path)")
      #expect(made.owner == original.owner && made.group == original.group, "\(path)")
      #expect(made.inode != original.inode, "\(path)")
    }
    #expect(try Files.readText(directory("two/inner/file")) == "text")
    #expect(try Files.linkTarget(of: directory("two/link")) == "inner/file")
  }

  @Test(
    "leaves out what is nothing without its process, and is made of a directory only, never over anything"
  )
  func refusals() throws {
    try Files.makeDirectory(directory("one"))
    try #require(mkfifo(directory("one/pipe"), 0o600) == 0)
    try Files.copyTree(directory("one"), to: directory("two"))
    #expect(try Files.names(in: directory("two")) == [])
    #expect(throws: SystemError("mkdir", code: EEXIST, path: directory("two"))) {
      try Files.copyTree(directory("one"), to: directory("two"))
    }
    for name in ["one/pipe", "none"] {
      #expect(throws: SystemError("copy", code: ENOTDIR, path: directory(name))) {
        try Files.copyTree(directory(name), to: directory("three"))
      }
    }
    #expect(try Files.status(of: directory("three")) == nil)
  }
}
