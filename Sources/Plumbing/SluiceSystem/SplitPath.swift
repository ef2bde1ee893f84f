/// A path split as its directory (never empty) and its last component.
struct SplitPath {
  let directory: String
  let name: String

  init(_ path: String) {
    var bytes = Substring(path).utf8
    while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
      directory = "."
      name = String(Substring(bytes))
      return
    }
    name = String(Substring(bytes[bytes.index(after: slash)...]))
    directory = slash == bytes.startIndex ? "/" : String(Substring(bytes[..<slash]))
  }

  func sibling(_ name: String) -> String {
    directory == "/" ? "/" + name : directory + "/" + name
  }
}
