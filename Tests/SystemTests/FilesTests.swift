import Foundation
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@Suite("Files")
struct FilesTests {
  @Test("a replaced file is the old or the new one, and leaves nothing beside it")
  func replace() throws {
    let directory = try TemporaryDirectory()
    try Files.replace(directory("f"), with: Array("one".utf8), mode: 0o600)
    try Files.replace(directory("f"), with: Array("two".utf8), mode: 0o640)
    #expect(try Files.readText(directory("f")) == "two")
    #expect(try Files.status(of: directory("f"))?.mode == 0o640)
    #expect(try Files.names(in: directory.path) == ["f"])
  }

  @Test("what cannot be read says what, where and why")
  func errors() throws {
    let directory = try TemporaryDirectory()
    #expect(throws: SystemError("open", code: ENOENT, path: directory("none"))) {
      try Files.read(directory("none"))
    }
    let text = SystemError("open", code: ENOENT, path: "/none").description
    #expect(text == "open /none: No such file or directory")
    try Files.create(directory("big"), with: [UInt8](repeating: 0, count: 4_096), mode: 0o600)
    #expect(throws: SystemError.self) { try Files.read(directory("big"), limit: 4_095) }
    try Files.create(directory("bytes"), with: [0xFF], mode: 0o600)
    #expect(throws: SystemError.self) { try Files.readText(directory("bytes")) }
  }

  @Test("creating and exclusive renaming refuse what is there")
  func exclusive() throws {
    let directory = try TemporaryDirectory()
    try Files.create(directory("a"), with: [1], mode: 0o600)
    try Files.create(directory("b"), with: [2], mode: 0o600)
    #expect(throws: SystemError.self) {
      try Files.create(directory("a"), with: [3], mode: 0o600)
    }
    #expect(throws: SystemError.self) {
      try Files.rename(directory("a"), to: directory("b"), exclusive: true)
    }
    #expect(try Files.read(directory("b")) == [2])
  }

  @Test("a tree is removed without following its links, read-only directories and all")
  func removeTree() throws {
    let directory = try TemporaryDirectory()
    try Files.create(directory("kept"), with: [1], mode: 0o600)
    try Files.makeDirectory(directory("t/a/b"))
    try Files.create(directory("t/a/b/f"), with: [1], mode: 0o400)
    try Files.swingLink(directory("t/link"), to: directory("kept"), token: "x")
    try Files.setMode(directory("t/a/b"), 0o500)
    try Files.removeTree(directory("t"))
    #expect(try Files.names(in: directory.path) == ["kept"])
  }

  @Test("a link that swings 10,000 times is never missing to a reader")
  func swings() throws {
    let directory = try TemporaryDirectory()
    let link = directory("current")
    for name in ["one", "two"] { try Files.makeDirectory(directory(name)) }
    try Files.swingLink(link, to: directory("one"), token: "0")
    let isDone = Mutex(false)
    let readings = Mutex((count: 0, missing: 0))
    let reader = Thread {
      while !isDone.withLock({ $0 }) {
        let target = try? Files.linkTarget(of: link)
        readings.withLock {
          $0.count += 1
          if target == nil || target == .some(nil) { $0.missing += 1 }
        }
      }
    }
    reader.start()
    for swing in 0..<10_000 {
      try Files.swingLink(
        link, to: directory(swing.isMultiple(of: 2) ? "two" : "one"), token: "\(swing)")
    }
    isDone.withLock { $0 = true }
    let result = readings.withLock { $0 }
    #expect(result.count > 100)
    #expect(result.missing == 0)
    #expect(try Files.names(in: directory.path) == ["current", "one", "two"])
  }

  @Test("a link does not swing over a directory, and takes the place of its own leftover")
  func swingRefusals() throws {
    let directory = try TemporaryDirectory()
    try Files.makeDirectory(directory("current"))
    #expect(throws: SystemError("swing link", code: EISDIR, path: directory("current"))) {
      try Files.swingLink(directory("current"), to: "/", token: "x")
    }
    try Files.create(directory("plain"), with: [1], mode: 0o600)
    #expect(throws: SystemError("swing link", code: EEXIST, path: directory("plain"))) {
      try Files.swingLink(directory("plain"), to: "/", token: "x")
    }
    for token in ["", "../x", "a\0b"] {
      #expect(throws: SystemError.self) {
        try Files.swingLink(directory("link"), to: "/", token: token)
      }
    }
    try Files.swingLink(directory(".link.t"), to: "left over", token: "y")
    try Files.swingLink(directory("link"), to: "new", token: "t")
    #expect(try Files.linkTarget(of: directory("link")) == "new")
    #expect(try Files.linkTarget(of: directory("none")) == nil)
    #expect(throws: SystemError("readlink", code: EINVAL, path: directory("plain"))) {
      try Files.linkTarget(of: directory("plain"))
    }
    #expect(try Files.names(in: directory.path) == ["current", "link", "plain"].sorted())
  }
}

@Suite("Files that only grow")
struct AppendFileTests {
  @Test("what was appended is there for the next one who opens it")
  func appends() throws {
    let directory = try TemporaryDirectory()
    let file = try AppendFile(path: directory("log"))
    try file.append(Array("one\n".utf8))
    try file.synchronize()
    #expect(try file.read(at: 0, count: 100) == Array("one\n".utf8))
    file.close()
    let again = try AppendFile(path: directory("log"))
    #expect(again.length == 4)
    try again.append(Array("two\n".utf8))
    #expect(try Files.readText(directory("log")) == "one\ntwo\n")
  }

  @Test("an append for which there is no room leaves no half line")
  func fullDisk() async throws {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let file = try AppendFile(path: directory("log"))
      try file.append([UInt8](repeating: 65, count: 3_000))
      // No file of this process may grow beyond 5,000 bytes: the write comes back short.
      guard ResourceLimit.fileSize.set(.init(soft: 5_000, hard: 5_000)) else { exit(3) }
      do {
        try file.append([UInt8](repeating: 66, count: 3_000))
        exit(4)
      } catch let error as SystemError { if !error.isOutOfSpace { exit(5) } }
      guard file.length == 3_000 else { exit(6) }
      try file.append([UInt8](repeating: 67, count: 1_000))
      try file.synchronize()
      guard try Files.read(directory("log")).count == 4_000 else { exit(7) }
      directory.remove()
      exit(0)
    }
  }

  @Test("a closed file takes nothing more")
  func closed() throws {
    let directory = try TemporaryDirectory()
    let file = try AppendFile(path: directory("log"))
    file.close()
    #expect(throws: SystemError.self) { try file.append([1]) }
  }

  @Test("a second one who wants the lock does not get it, until the first lets go")
  func locks() throws {
    let directory = try TemporaryDirectory()
    let first = try #require(try FileLock.tryAcquire(directory("lock"), note: "ana, pid 1"))
    #expect(try FileLock.tryAcquire(directory("lock"), note: "bo") == nil)
    #expect(try FileLock.holderNote(directory("lock")) == "ana, pid 1")
    first.release()
    #expect(try FileLock.holderNote(directory("lock")) == nil)
    let second = try FileLock.tryAcquire(directory("lock"), note: "bo")
    #expect(second != nil)
  }

  @Test("the monotonic clock goes on, and the boot has a name")
  func clocks() {
    let first = SystemClock.monotonicNanoseconds()
    #expect(SystemClock.monotonicNanoseconds() >= first)
    #expect(SystemClock.bootIdentifier().utf8.count >= 32)
    #expect(SystemClock.wallMilliseconds() > 1_700_000_000_000)
  }
}
