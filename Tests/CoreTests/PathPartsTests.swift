import SluiceCore
import Testing

@Suite("The parts of a path")
struct PathPartsTests {
  @Test("are what lies between the slashes, for the bytes of a file system")
  func parts() {
    #expect("/a//b/c/".pathParts == ["a", "b", "c"])
    #expect("".pathParts == [] && "/".pathParts == [])
    // Of the slash and the mark Swift makes one character.
    #expect("../\u{301}x/y".pathParts == ["..", "\u{301}x", "y"])
  }
}
