import SluiceSystem

/// The directory of the ledger and of the files beside it.
enum AuditDirectory {
  /// The directory that contains a path.
  static func containing(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Makes it when it is missing, so that it survives a loss of power; one that others may write to
  /// is refused.
  static func make(_ path: String) throws(SystemError) {
    let isMissing = try Files.status(of: path) == nil
    try Files.makePrivateDirectory(path, mode: 0o750)
    if isMissing { try Files.synchronizeDirectory(containing(path)) }
  }
}
