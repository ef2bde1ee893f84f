import SluiceCore
import SluicePorts
import SluiceSystem

/// The lease of a fleet with one writer: a lock on a file beside the ledger, free again when its
/// holder's process ends, in any way. The epoch in the ledger fences a controller that slept
/// through its successor.
public actor WriterLock: Lease {
  private enum Attempt { case taken(FileLock), held(by: String) }

  private let path: String
  private let isNamed: Bool
  private var lock: FileLock?

  /// - Parameter isNamed: the note continues with `, process 4711 on mac-w since …`, and a second
  ///   line has the process's identity, so that a reader can find the controller.
  public init(path: String, isNamed: Bool = false) {
    self.path = path
    self.isNamed = isNamed
  }

  public func acquire(note: String) throws(PortError) {
    guard lock == nil else {
      throw PortError(
        .refused, "this controller holds the writer's lock \(path) already",
        remedy: "See what it is doing:  sluice status --watch")
    }
    let attempt: Attempt
    do throws(SystemError) {
      try AuditDirectory.make(AuditDirectory.containing(path))
      attempt = try self.attempt(note + (isNamed ? Self.name() : ""))
    } catch {
      throw PortError(
        .failed, "the writer's lock cannot be taken: \(error)",
        remedy: "Check that \(path) belongs to the account that runs sluice.")
    }
    switch attempt {
    case .taken(let taken): lock = taken
    case .held(let holder): throw refusal(holder: holder)
    }
  }

  public func release() {
    lock?.release()
    lock = nil
  }

  public func holder() -> String? { note()?.split(separator: "\n").first.map(String.init) }

  /// The process that holds the lock; nil when the lock is free, or the holder did not give its
  /// identity.
  public func process() -> ProcessIdentity? {
    let words = note()?.split(separator: "\n").dropFirst().first?.split(separator: " ")
    guard let words, words.count == 2, let pid = Int32(words[0]),
      let found = Processes.identity(of: pid), found.startToken == words[1]
    else { return nil }
    return found
  }

  private func note() -> String? { (try? FileLock.holderNote(path)) ?? nil }

  /// The name of this process for people, and its identity for programs on a second line.
  private static func name() -> String {
    let pid = HostFacts.processIdentifier
    let since = Timestamp.text(SystemClock.wallMilliseconds())
    let token = Processes.identity(of: pid).map { "\n\(pid) \($0.startToken)" } ?? ""
    return ", process \(pid) on \(HostFacts.hostName) since \(since)\(token)"
  }

  /// A query for the holder holds the file in a shared lock for an instant. So a refusal counts
  /// only when it names a holder.
  private func attempt(_ note: String) throws(SystemError) -> Attempt {
    for _ in 0..<1_000 {
      if let taken = try FileLock.tryAcquire(path, note: note) { return .taken(taken) }
      if let note = try FileLock.holderNote(path) {
        let holder = note.split(separator: "\n").first.map(String.init)
        return .held(by: holder ?? "one that has not said its name yet")
      }
    }
    return .held(by: "others, who take it by turns")
  }

  private func refusal(holder: String) -> PortError {
    PortError(
      .refused, "another controller holds the writer's lock \(path): \(holder)",
      remedy: "See what it is doing:  sluice status --watch")
  }
}
