import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Full disks, failed syncs and locks")
struct DurabilityTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func mounted() throws -> SmallDisk? {
    let disk = try SmallDisk.mounted(megabytes: 1, at: directory("disk"))
    if disk == nil { print("skipped: mounting a small disk is not permitted here") }
    return disk
  }

  @Test("on a full disk an append leaves no half line, and the file is as good as before")
  func fullDisk() throws {
    guard let disk = try mounted() else { return }
    defer { disk.unmount() }
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 3_021) + [UInt8(ascii: "\n")]
    let log = try AppendFile(path: "\(disk.path)/log")
    var lines = 0
    var refusal: SystemError?
    while refusal == nil {
      do {
        try log.append(line)
        lines += 1
      } catch { refusal = error }
    }
    #expect(refusal?.isOutOfSpace == true)
    #expect(lines > 100)
    #expect(log.length == Int64(lines * line.count))
    #expect(try Files.read(log.path).count == lines * line.count)
    try log.synchronize()
    try log.truncate(to: Int64(line.count))
    try log.append(line)
    #expect(try Files.read(log.path) == line + line)
    log.close()
  }

  @Test("on a full disk a file is replaced wholly or not at all, and the lock is still to be had")
  func replaceOnFullDisk() throws {
    guard let disk = try mounted() else { return }
    defer { disk.unmount() }
    let (file, lock) = ("\(disk.path)/file", "\(disk.path)/lock")
    try Files.create(file, with: Array("old".utf8), mode: 0o600)
    try Files.create(lock, with: [], mode: 0o600)
    disk.fill(toTheByte: true)
    let new = [UInt8](repeating: 1, count: 100_000)
    #expect(throws: SystemError.self) { try Files.replace(file, with: new) }
    #expect(throws: SystemError.self) { try Files.create(file + "2", with: new, mode: 0o600) }
    #expect(try Files.readText(file) == "old")
    #expect(try Files.names(in: disk.path) == ["ballast", "file", "lock"])
    let held = try FileLock.tryAcquire(lock, note: "a rollback on a full disk")
    #expect(held != nil)
  }

  @Test("after a failed sync every call fails alike: nobody knows what is on the disk")
  func poisonedBySync() throws {
    // Devices have no fsync, which makes them fail where a disk only would when it breaks.
    let file = try AppendFile(path: "/dev/null")
    try file.append([1])
    #expect(throws: SystemError("fsync", code: EINVAL, path: "/dev/null")) {
      try file.synchronize()
    }
    let calls: [() throws -> Void] = [
      { try file.append([1]) }, { try file.synchronize() }, { try file.truncate(to: 0) },
      { _ = try file.read(at: 0, count: 1) },
    ]
    for call in calls {
      #expect(throws: SystemError("fsync", code: EINVAL, path: "/dev/null")) { try call() }
    }
  }

  @Test("what stands at the end is written once more in its place; another file is left alone")
  func renewed() throws {
    let file = try AppendFile(path: directory("log"))
    try file.renew(last: 10)
    try file.append(Array("one two".utf8))
    try file.renew(last: 3)
    try file.renew(last: 1_000)
    try file.append(Array(" three".utf8))
    #expect(file.length == 13)
    #expect(try Files.readText(file.path) == "one two three")
    try Files.replace(file.path, with: Array("another".utf8))
    #expect(throws: SystemError("renew", code: ESTALE, path: file.path)) {
      try file.renew(last: 3)
    }
    #expect(try Files.readText(file.path) == "another")
    #expect(try file.read(at: 0, count: 20) == Array("one two three".utf8))
  }

  @Test(
    "when a failed append cannot be taken back, nothing may be written behind it",
    .enabled(if: onLinux))
  func poisonedByAppend() throws {
    let file = try AppendFile(path: "/dev/full")
    #expect(throws: SystemError("write", code: ENOSPC, path: "/dev/full")) {
      try file.append([1])
    }
    #expect(throws: SystemError("ftruncate", code: EINVAL, path: "/dev/full")) {
      try file.append([1])
    }
  }

  @Test("a closed file reads nothing, not even from the file that got its number")
  func closedFile() throws {
    let file = try AppendFile(path: directory("a"))
    try file.append([1, 2, 3])
    file.close()
    file.close()
    let next = try AppendFile(path: directory("b"))
    try next.append([4, 5, 6])
    let calls: [() throws -> Void] = [
      { _ = try file.read(at: 0, count: 3) }, { try file.truncate(to: 0) },
      { try file.append([7]) }, { try file.synchronize() },
    ]
    for call in calls {
      #expect(throws: SystemError("use", code: EBADF, path: directory("a"))) { try call() }
    }
    #expect(try next.read(at: 0, count: 10) == [4, 5, 6])
    #expect(file.length == 3)
  }

  @Test("reading and cutting stay within the file")
  func bounds() throws {
    let file = try AppendFile(path: directory("f"))
    try file.append(Array(0..<10))
    #expect(try file.read(at: 7, count: 100) == [7, 8, 9])
    #expect(try file.read(at: 10, count: 1) == [])
    #expect(try file.read(at: 1 << 40, count: 1) == [])
    for (offset, count) in [(-1, 1), (0, -1)] {
      #expect(throws: SystemError.self) { try file.read(at: Int64(offset), count: count) }
    }
    for length in [-1, 11] as [Int64] {
      #expect(throws: SystemError.self) { try file.truncate(to: length) }
    }
    try file.truncate(to: 4)
    try file.append([9])
    #expect(try Files.read(directory("f")) == [0, 1, 2, 3, 9])
    #expect(throws: SystemError.self) { try AppendFile(path: directory("none"), create: false) }
  }

  /// Exit status 0 when another process gets the lock, 1 when it is held.
  private func otherProcessLocks() async throws -> Int32 {
    let script = """
      use Fcntl ':flock';
      open(my $file, '+<', $ARGV[0]) or exit 3;
      exit(flock($file, LOCK_EX | LOCK_NB) ? 0 : 1);
      """
    let outcome = try await Processes.run(
      ProcessCommand(try requireTool("perl"), ["-e", script, directory("lock")]))
    guard case .exited(let status) = outcome.termination else { return -1 }
    return status
  }

  @Test("another process does not get a held lock, and gets a released one")
  func lockAcrossProcesses() async throws {
    let lock = try #require(try FileLock.tryAcquire(directory("lock"), note: "first"))
    #expect(try await otherProcessLocks() == 1)
    lock.release()
    #expect(try await otherProcessLocks() == 0)
  }

  @Test("a lock that another process holds is refused until that process dies, however it dies")
  func lockOfAnother() async throws {
    let script = """
      use Fcntl ':flock';
      open(my $file, '+>', $ARGV[0]) or exit 3;
      flock($file, LOCK_EX) or exit 4;
      syswrite($file, "perl, pid $$");
      sleep 600;
      """
    let path = directory("lock")
    let holder = try Processes.spawnDetached(
      ProcessCommand(try requireTool("perl"), ["-e", script, path]),
      outputPath: directory("log"))
    defer { try? Processes.signal(holder, SIGKILL) }
    let note = "perl, pid \(holder.pid)"
    #expect(try await eventually { try FileLock.holderNote(path) == note })
    #expect(try FileLock.tryAcquire(path, note: "me") == nil)
    #expect(try FileLock.holderNote(path) == note)
    try Processes.signal(holder, SIGKILL)
    #expect(await Processes.waitForExit(holder, deadline: .seconds(60)))
    #expect(try FileLock.holderNote(path) == nil)
    let mine = try FileLock.tryAcquire(path, note: "me")
    #expect(mine != nil)
    #expect(try FileLock.holderNote(path) == "me")
  }

  @Test("a child does not inherit the lock, nor any other descriptor")
  func inheritance() async throws {
    let lock = try #require(try FileLock.tryAcquire(directory("lock"), note: "me"))
    // One that was opened without O_CLOEXEC, as a library may do.
    let careless = open(directory("lock"), O_RDONLY)
    defer { close(careless) }
    let child = try Processes.spawnDetached(
      ProcessCommand("/bin/sleep", ["600"]), outputPath: directory("log"))
    defer { try? Processes.signal(child, SIGKILL) }
    if Platform.current == .linux {
      #expect(
        try await eventually { try Files.linkTarget(of: "/proc/\(child.pid)/exe") != nil })
      #expect(try Files.names(in: "/proc/\(child.pid)/fd") == ["0", "1", "2"])
    }
    lock.release()
    #expect(Processes.isRunning(child))
    #expect(try FileLock.tryAcquire(directory("lock"), note: "next") != nil)
  }

  @Test("a released lock is free, though a child that is just being spawned still has a copy")
  func releasedWithCopies() throws {
    let path = directory("lock")
    let lock = try #require(try FileLock.tryAcquire(path, note: "me"))
    let inode = try #require(try Files.status(of: path)?.inode)
    let copies = (Int32(3)..<1_024).compactMap { descriptor -> Int32? in
      var status = stat()
      guard fstat(descriptor, &status) == 0, UInt64(status.st_ino) == inode else { return nil }
      return dup(descriptor)
    }
    defer { for copy in copies { close(copy) } }
    try #require(!copies.isEmpty)
    #expect(try FileLock.tryAcquire(path, note: "other") == nil)
    lock.release()
    #expect(try FileLock.tryAcquire(path, note: "other") != nil)
  }

  @Test("a lock file that was removed and made anew does not give two holders")
  func removedLockFile() throws {
    let path = directory("lock")
    let first = try #require(try FileLock.tryAcquire(path, note: "first"))
    try Files.removeFile(path)
    let second = try #require(try FileLock.tryAcquire(path, note: "second"))
    first.release()
    #expect(try FileLock.tryAcquire(path, note: "third") == nil)
    #expect(try FileLock.holderNote(path) == "second")
    second.release()
  }

  @Test("asking for the holder's note never costs anybody the lock")
  func probing() async throws {
    let path = directory("lock")
    // The lock file that a killed holder leaves makes the question look at the lock itself.
    let refused = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<2 {
        group.addTask {
          for _ in 0..<20_000 { _ = try FileLock.holderNote(path) }
          return 0
        }
      }
      group.addTask {
        var refused = 0
        for _ in 0..<200 {
          if let lock = try FileLock.tryAcquire(path, note: "me") {
            lock.release()
            try Files.replace(path, with: Array("left behind".utf8), durable: false)
          } else {
            refused += 1
          }
        }
        return refused
      }
      return try await group.reduce(0, +)
    }
    #expect(refused == 0)
  }
}
