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
}
