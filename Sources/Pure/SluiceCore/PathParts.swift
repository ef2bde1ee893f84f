extension StringProtocol {
  /// The parts of a path between its slashes, none of them empty. By bytes, as a file system sees it: to
  /// Swift a slash and a mark that joins it are one character, which is no slash.
  public var pathParts: [Substring] {
    Substring(self).utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
  }
}
