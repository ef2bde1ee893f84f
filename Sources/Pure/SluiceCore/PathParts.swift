extension StringProtocol {
  /// The non-empty parts of a path between its slashes, split by bytes as a file system does. Swift
  /// joins a slash and a combining mark into one character, which is no slash.
  public var pathParts: [Substring] {
    Substring(self).utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
  }
}
