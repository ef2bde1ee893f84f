import SluicePorts
import SluiceSystem

/// Files beside the ledger, each replaced as a whole and durably.
public actor DirectoryArchive: Archive {
  private let directory: String
  private let executor = BlockingExecutor()

  public init(directory: String) { self.directory = directory }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  public func write(_ name: String, _ bytes: [UInt8]) throws(PortError) {
    let path = try path(of: name)
    do throws(SystemError) {
      try AuditDirectory.make(directory)
      try Files.replace(path, with: bytes, mode: 0o640)
    } catch {
      if error.isOutOfSpace {
        throw PortError(
          .outOfSpace, "there is no room for \(path); what stood there still does",
          remedy: "Free some space, then:  sluice resume")
      }
      throw PortError(
        .failed, "\(path) cannot be written: \(error)",
        remedy: "Check that \(directory) belongs to the account that runs sluice.")
    }
  }

  public func read(_ name: String) throws(PortError) -> [UInt8]? {
    let path = try path(of: name)
    do throws(SystemError) { return try Files.read(path) } catch {
      if error.isMissing { return nil }
      throw PortError(
        .failed, "\(path) cannot be read: \(error)",
        remedy: "Check that it may be read by the account that runs sluice.")
    }
  }

  private func path(of name: String) throws(PortError) -> String {
    guard Self.isName(name) else {
      throw PortError(
        .refused, "\"\(name)\" cannot name a file in \(directory)",
        remedy: "Use a name without / that does not begin with a dot.")
    }
    return "\(directory)/\(name)"
  }
}
