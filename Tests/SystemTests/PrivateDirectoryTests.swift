import SluiceTestSupport
import Testing

@testable import SluiceSystem

@Suite("A directory that Sluice trusts")
struct PrivateDirectoryTests {
  private func refusal(_ path: String) -> SystemError? {
    do throws(SystemError) {
      try Files.makePrivateDirectory(path)
      return nil
    } catch { return error }
  }

  @Test("is made for its owner alone, and taken as it is when nobody else may write to it")
  func made() throws {
    let home = try TemporaryDirectory()
    try Files.makePrivateDirectory(home("a/b"))
    #expect(try Files.status(of: home("a/b"))?.mode == 0o700)
    for mode: UInt32 in [0o700, 0o750, 0o755, 0o711] {
      try Files.setMode(home("a/b"), mode)
      #expect(refusal(home("a/b")) == nil, "\(String(mode, radix: 8))")
    }
  }

  @Test(
    "is refused when its group or others may write to it",
    arguments: [0o777, 0o770, 0o722, 0o1777] as [UInt32])
  func writable(mode: UInt32) throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("open"), mode: mode)
    let error = try #require(refusal(home("open")))
    #expect(error.description.contains("\(home("open")) has mode 0\(String(mode, radix: 8))"))
    #expect(error.ownRemedy?.contains("chmod go-w \(home("open"))") == true)
    // Nothing was changed behind the operator's back.
    #expect(try Files.status(of: home("open"))?.mode == mode)
  }

  @Test(
    "is refused when it belongs to another user, through a link as well",
    .enabled(if: HostFacts.userIdentifier == 0, "only root can give a directory away"))
  func foreign() async throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("theirs"), mode: 0o700)
    _ = try await Processes.run(
      ProcessCommand(
        try requireTool("chown"), ["65534", home("theirs")], environment: [:], directory: "/"))
    try Files.makeLink(home("link"), to: home("theirs"))
    for path in [home("theirs"), home("link")] {
      let error = try #require(refusal(path))
      #expect(error.description.contains("belongs to user 65534"))
      #expect(error.ownRemedy?.contains("chown ") == true)
    }
  }

  @Test("a log is its owner's alone, also one that was there with more rights")
  func log() async throws {
    let home = try TemporaryDirectory()
    try Files.create(home("old.log"), with: [], mode: 0o640)
    for name in ["old.log", "new.log"] {
      let identity = try Processes.spawnDetached(
        ProcessCommand("/bin/sh", ["-c", "echo said"], environment: [:], directory: "/"),
        outputPath: home(name))
      _ = await Processes.waitForExit(identity, deadline: .seconds(20))
      #expect(try Files.status(of: home(name))?.mode == 0o600, "\(name)")
    }
  }
}

@Suite("A file that says whom to trust")
struct TrustedFileTests {
  private func refusal(_ path: String) -> SystemError? {
    do throws(SystemError) {
      _ = try Files.readTrusted(path, limit: 16)
      return nil
    } catch { return error }
  }

  @Test("is read where nobody else may write it, or anything above it")
  func own() throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("a/b"))
    try Files.replace(home("a/b/file"), with: Array("trust".utf8), mode: 0o644)
    #expect(try Files.readTrusted(home("a/b/file"), limit: 16) == Array("trust".utf8))
    for (path, mode) in [("a/b/file", 0o664 as UInt32), ("a/b/file", 0o646), ("a/b", 0o775)] {
      let before = try #require(try Files.status(of: home(path))).mode
      try Files.setMode(home(path), mode)
      #expect(refusal(home("a/b/file"))?.ownRemedy?.contains("chmod go-w \(home(path))") == true)
      try Files.setMode(home(path), before)
    }
    // Further up as well; but a directory like /tmp lets nobody rename what is ours.
    try Files.setMode(home("a"), 0o777)
    #expect(refusal(home("a/b/file"))?.description.contains("\(home("a")) has mode 0777") == true)
    try Files.setMode(home("a"), 0o1777)
    #expect(refusal(home("a/b/file")) == nil)
  }

  @Test("is no link, no directory, and no longer than it may be")
  func kinds() throws {
    let home = try TemporaryDirectory()
    try Files.replace(home("file"), with: Array("trust".utf8))
    try Files.makeLink(home("link"), to: home("file"))
    #expect(refusal(home("link"))?.path == home("link"))
    #expect(refusal(home.path) != nil)
    #expect(refusal(home("none"))?.isMissing == true)
    try Files.replace(home("file"), with: Array(repeating: 65, count: 17))
    #expect(refusal(home("file")) != nil)
  }

  @Test(
    "is refused when it belongs to another user",
    .enabled(if: HostFacts.userIdentifier == 0, "only root can give a file away"))
  func foreign() async throws {
    let home = try TemporaryDirectory()
    try Files.replace(home("file"), with: Array("trust".utf8))
    _ = try await Processes.run(
      ProcessCommand(
        try requireTool("chown"), ["65534", home("file")], environment: [:], directory: "/"))
    let error = try #require(refusal(home("file")))
    #expect(error.description.contains("belongs to user 65534"))
    #expect(error.ownRemedy?.contains("chown root \(home("file"))") == true)
  }
}

@Suite("Who listens")
struct ListenersTests {
  private static let table = """
      sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
       0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 1 1 0 100
       1: 0B00000A:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1002        0 2 1 0 100
       2: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1003        0 3 1 0 100
       3: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000  1004        0 4 1 0 100
       4: 0000000000000000FFFF00000100007F:1F92 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 1005 0 5 1 0
       5: 00000000000000000000000000000000:1F93 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 1006 0 6 1 0
    """

  @Test(
    "the kernel's table is read by address and port; a connection is no listener",
    .enabled(if: onLinux),
    arguments: [
      ("127.0.0.1", 8080, [1001]), ("10.0.0.11", 8080, [1002]),
      ("localhost", 8080, [1001, 1002]),
      ("127.0.0.1", 8081, [1003]), ("127.0.0.1", 8082, [1005]), ("::1", 8083, [1006]),
      ("127.0.0.1", 8084, []),
    ] as [(String, UInt16, [UInt32])])
  func table(_ host: String, _ port: UInt16, _ users: [UInt32]) {
    // The words of a little-endian machine, which all are that Sluice runs on.
    #expect(Listeners.users(in: Self.table, host: host, port: port) == Set(users))
  }

  @Test(
    "a connection waits on only where there is no room for one more, and then it is asked for later"
  )
  func noRoom() {
    for code in [EMFILE, ENFILE, ENOMEM, ENOBUFS] {
      #expect(SocketListener.leavesConnectionWaiting(code))
    }
    for code in [EAGAIN, EINTR, ECONNABORTED, EPROTO, EPERM, EBADF] {
      #expect(!SocketListener.leavesConnectionWaiting(code))
    }
  }

  @Test("this process is seen where it listens, and nobody where it does not")
  func own() throws {
    let listener = try SocketListener.listen(.tcp(host: "127.0.0.1", port: 0))
    let seen = Listeners.at(listener.address)
    #expect(seen.users == [HostFacts.userIdentifier])
    listener.close()
    #expect(Processes.user(of: HostFacts.processIdentifier) == HostFacts.userIdentifier)
  }
}
