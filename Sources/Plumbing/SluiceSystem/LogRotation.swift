/// Keeps a log from growing for ever: `log` is written to, `log.1` is the newest older part, and so on
/// up to `log.<kept>`.
public struct LogRotation: Sendable {
  private let path: String
  private let limit: Int
  private let kept: Int

  /// - Parameters:
  ///   - limit: bytes; a larger log is rotated.
  ///   - kept: the number of older parts.
  public init(_ path: String, limit: Int = 4 << 20, kept: Int = 3) {
    self.path = path
    self.limit = max(1, limit)
    self.kept = max(1, kept)
  }

  /// Rotates a log that a program holds open for appending: launchd, HAProxy and gateways never open
  /// theirs anew. The last bytes are copied, up to the limit, and the file is cut to nothing. A line
  /// that is written between the two is lost.
  ///
  /// - Returns: whether the log was too large.
  @discardableResult
  public func rotateIfLarge() throws(SystemError) -> Bool {
    guard let status = try Files.status(of: path), status.kind == .regular, status.size > limit
    else { return false }
    let end = try Files.readEnd(of: path, limit: limit)
    try shift()
    try Files.replace(path + ".1", with: end, mode: 0o600, durable: false)
    try AppendFile(path: path, create: false).truncate(to: 0)
    return true
  }

  /// Renames the log, for a program that is about to open a new one. Nothing is lost.
  public func rotate() throws(SystemError) {
    guard try Files.status(of: path)?.kind == .regular else { return }
    try shift()
    try Files.rename(path, to: path + ".1")
  }

  /// Makes room for a new `.1`; the oldest part is replaced.
  private func shift() throws(SystemError) {
    for number in stride(from: kept - 1, through: 1, by: -1)
    where try Files.status(of: "\(path).\(number)") != nil {
      try Files.rename("\(path).\(number)", to: "\(path).\(number + 1)")
    }
  }
}
