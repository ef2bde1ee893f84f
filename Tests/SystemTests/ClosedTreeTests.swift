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
    private static let bind: UInt = 4096

    /// Mounts one file on another: the kernel then refuses to remove the other.
    private static func hold(_ file: String, with other: String) -> Bool {
      mount(other, file, nil, bind, nil) == 0
    }

    private static func release(_ file: String) { umount2(file, 2) }

    private static func mayHold() -> Bool {
      guard let directory = try? TemporaryDirectory(),
        (try? Files.create(directory("file"), with: [], mode: 0o600)) != nil,
        (try? Files.create(directory("other"), with: [], mode: 0o600)) != nil
      else { return false }
      defer { release(directory("file")) }
      return hold(directory("file"), with: directory("other"))
    }

    @Test(
      "what cannot be removed is named, and it is not said that the tree is gone",
      .enabled(if: mayHold(), "this account may not mount"))
    func held() throws {
      let directory = try TemporaryDirectory()
      try Files.makeDirectory(directory("t/inner"))
      for name in ["t/inner/held", "other"] {
        try Files.create(directory(name), with: [], mode: 0o600)
      }
      try #require(Self.hold(directory("t/inner/held"), with: directory("other")))
      defer { Self.release(directory("t/inner/held")) }
      #expect(throws: SystemError("unlink", code: EBUSY, path: directory("t/inner/held"))) {
        try Files.removeTree(directory("t"))
      }
      #expect(try Files.status(of: directory("t/inner/held")) != nil)
    }
  #endif
}
