import SluicePorts
import SluiceSystem

/// The lease of a fleet with one writer machine: a lock on a file beside the ledger. The epoch in
/// the ledger fences a controller that slept through its successor.
public actor WriterLock: Lease {
  private let path: String
  private var lock: FileLock?

  public init(path: String) { self.path = path }

  public func acquire(note: String) throws(PortError) {
    var holder: String?
    do throws(SystemError) {
      lock = try FileLock.tryAcquire(path, note: note)
      if lock == nil { holder = try FileLock.holderNote(path) }
    } catch {
      throw PortError(.failed, "the writer's lock cannot be taken: \(error)")
    }
    guard lock == nil else { return }
    throw PortError(
      .refused, "another controller holds the writer's lock: \(holder ?? "it just let go")",
      remedy: "See what it is doing:  sluice status --watch")
  }

  public func release() {
    lock?.release()
    lock = nil
  }

  public func holder() -> String? { (try? FileLock.holderNote(path)) ?? nil }
}

/// Files beside the ledger, each replaced as a whole.
public actor DirectoryArchive: Archive {
  private let directory: String

  public init(directory: String) { self.directory = directory }

  public func write(_ name: String, _ bytes: [UInt8]) throws(PortError) {
    do throws(SystemError) {
      try Files.makeDirectory(directory, mode: 0o750)
      try Files.replace("\(directory)/\(name)", with: bytes, mode: 0o640)
    } catch {
      throw PortError(
        error.isOutOfSpace ? .outOfSpace : .failed, "\(name) cannot be archived: \(error)")
    }
  }

  public func read(_ name: String) throws(PortError) -> [UInt8]? {
    do throws(SystemError) { return try Files.read("\(directory)/\(name)") } catch {
      if error.isMissing { return nil }
      throw PortError(.failed, "\(name) cannot be read: \(error)")
    }
  }
}
