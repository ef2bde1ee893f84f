import SluiceSystem

/// The directory of the ledger and of what stands beside it.
enum AuditDirectory {
  /// The directory that a path stands in.
  static func containing(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Makes it when it is missing, so that it survives a loss of power.
  static func make(_ path: String) throws(SystemError) {
    guard try Files.status(of: path) == nil else { return }
    try Files.makeDirectory(path, mode: 0o750)
    try Files.synchronizeDirectory(containing(path))
  }
}
