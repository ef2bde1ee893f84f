import Foundation
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("Links that stand for a moment")
struct PlainLinkTests {
  @Test("a link names its target, and one with a NUL in its target is not made")
  func target() throws {
    let directory = try TemporaryDirectory()
    try Files.makeLink(directory("good"), to: "some/where")
    #expect(try Files.linkTarget(of: directory("good")) == "some/where")
    #expect(throws: SystemError("symlink", code: EINVAL, path: directory("bad"))) {
      try Files.makeLink(directory("bad"), to: "some\0where")
    }
    #expect(try Files.names(in: directory.path) == ["good"])
  }
}
