import SluiceTestSupport
import Testing

@testable import SluiceSystem

/// File systems such as NFS have no rename that leaves alone what is there: a link does the same.
@Suite("A name that only one may take, where the file system cannot rename so")
struct ExclusiveNameTests {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try Files.create(directory("new"), with: [1], mode: 0o600)
  }

  /// As the file system refuses a rename with that number.
  private func take(_ name: String, code: Int32) throws(SystemError) {
    try Files.renameExclusively(directory("new"), to: directory(name)) {
      _, path throws(SystemError) in throw SystemError("rename", code: code, path: path)
    }
  }

  @Test("is linked, and the first name goes", arguments: [EINVAL, ENOTSUP, ENOSYS])
  func linked(_ code: Int32) throws {
    try take("name", code: code)
    #expect(try Files.names(in: directory.path) == ["name"])
    #expect(try Files.read(directory("name")) == [1])
  }

  @Test(
    "is refused where anything has it, and nothing is lost", arguments: [EINVAL, ENOTSUP, ENOSYS])
  func taken(_ code: Int32) throws {
    try Files.create(directory("name"), with: [2], mode: 0o600)
    #expect(throws: SystemError("link", code: EEXIST, path: directory("name"))) {
      try take("name", code: code)
    }
    #expect(try Files.read(directory("name")) == [2])
    #expect(try Files.read(directory("new")) == [1])
  }

  @Test(
    "is not linked after any other error, which is told as it came",
    arguments: [EEXIST, ENOENT, EACCES, ENOSPC, EROFS, EXDEV])
  func otherwise(_ code: Int32) throws {
    #expect(throws: SystemError("rename", code: code, path: directory("name"))) {
      try take("name", code: code)
    }
    #expect(try Files.names(in: directory.path) == ["new"])
  }
}
