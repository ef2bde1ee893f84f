import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Trees that nobody may look into")
struct ClosedTreeTests {
  @Test("a directory without any rights is removed with what is in it by its owner")
  func closed() throws {
    let directory = try TemporaryDirectory()
    try Files.makeDirectory(directory("t/closed/inner"))
    try Files.create(directory("t/closed/inner/f"), with: [1], mode: 0o000)
    try Files.setMode(directory("t/closed/inner"), 0o000)
    try Files.setMode(directory("t/closed"), 0o000)
    try Files.removeTree(directory("t"))
    #expect(try Files.names(in: directory.path) == [])
  }

  #if os(Linux)
    @Test(
      "what cannot be removed is named, and it is not said that the tree is gone",
      .enabled(if: geteuid() == 0, "only root mounts"))
    func held() throws {
      let directory = try TemporaryDirectory()
      try Files.makeDirectory(directory("t/inner"))
      for name in ["t/inner/held", "other"] {
        try Files.create(directory(name), with: [], mode: 0o600)
      }
      // A file on which another one is mounted is busy: nobody removes it.
      let bind: UInt = 4096
      guard mount(directory("other"), directory("t/inner/held"), nil, bind, nil) == 0 else {
        return
      }
      defer { umount2(directory("t/inner/held"), 2) }
      #expect(throws: SystemError("unlink", code: EBUSY, path: directory("t/inner/held"))) {
        try Files.removeTree(directory("t"))
      }
      #expect(try Files.status(of: directory("t/inner/held")) != nil)
    }
  #endif
}
