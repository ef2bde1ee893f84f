import SluiceCore
import SluiceHAProxy
import SluiceJSON
import SluicePorts
import SluiceStatus
import SluiceSystem

/// What the balancer's keeper found and did last, `keeper.json` in the balancer's directory.
public struct KeeperRecord: Sendable, Hashable, Codable {
  /// What is wrong with HAProxy, and what to do about it.
  public struct Trouble: Sendable, Hashable, Codable {
    public var message: String
    public var remedy: String?

    public init(_ error: PortError) {
      message = error.message
      remedy = error.remedy
    }
  }

  public var schema = "sluice.keeper/1"
  public var process: ProcessIdentity?
  /// Written at least every `Self.interval`: wall clock, milliseconds since 1970.
  public var atMilliseconds: Int64 = 0
  /// Nil while HAProxy runs and answers.
  public var trouble: Trouble?
  /// An operator stopped it.
  public var isStopped = false
  /// How often the keeper started HAProxy because it had died, or gave it a successor.
  public var restarts = 0
  public var lastRestartMilliseconds: Int64?
  /// Who is refused, and who is let in though it fails hard.
  public var admission = Admission()
  /// Gateways whose agent does not answer, or whose answer is too old to be acted upon.
  public var silent: [HostName] = []
  /// Gateways whose agent answers, and tells this machine no details: `probe_from` does not name it.
  /// Nil from an older keeper.
  public var untold: [HostName]?
  /// Gateways that count as serving by their agent's word, with the components that fail there.
  public var trusted: [HostName: [String]] = [:]
  /// What floods there were; nil from an older keeper.
  public var floods: FloodCount?
  /// Whether the keeper is a service, which comes back after a reboot.
  public var isService = false

  public init() {}

  static let interval: Duration = .seconds(5)
  /// A keeper that has written nothing for so long hangs.
  static let patience: Int64 = 20_000

  enum CodingKeys: String, CodingKey {
    case schema, process, trouble, restarts, admission, silent, trusted, untold, floods
    case atMilliseconds = "at_ms"
    case isStopped = "stopped"
    case lastRestartMilliseconds = "last_restart_ms"
    case isService = "service"
  }

  /// Nil where there is none, or one that cannot be read: a keeper writes it anew.
  static func read(_ path: String) -> KeeperRecord? {
    guard let bytes = try? Files.read(path, limit: 1 << 20) else { return nil }
    return try? CanonicalJSON.decode(KeeperRecord.self, from: bytes)
  }

  func write(_ path: String) throws(PortError) {
    do {
      try Files.replace(path, with: try CanonicalJSON.bytes(self), mode: 0o600, durable: false)
    } catch { throw PortError(.failed, "the keeper's record is not written: \(error)") }
  }
}

/// Whether somebody keeps HAProxy running.
public enum KeeperSight: Sendable, Hashable {
  case none
  case atWork(KeeperRecord)
  /// It holds its lock, and has said nothing for a while.
  case silent(String)

  public static func take(_ files: HAProxyFiles, now: Int64) -> KeeperSight {
    if let record = KeeperRecord.read(files.keeper), let process = record.process,
      Processes.isRunning(process),
      now.subtractingClamped(record.atMilliseconds) < KeeperRecord.patience
    {
      return .atWork(record)
    }
    let note = (try? FileLock.holderNote(files.keeperLock)) ?? nil
    return note.map { .silent($0) } ?? .none
  }

  /// What readers make of it.
  ///
  /// - Parameter floodRemedy: what a person can do about clients that ask without end.
  public func report(floodRemedy: String) -> DoorSight.Keeper {
    switch self {
    case .none: .none
    case .silent(let holder): .silent(holder)
    case .atWork(let record): .atWork(record.report(floodRemedy: floodRemedy))
    }
  }

  public var record: KeeperRecord? { if case .atWork(let record) = self { record } else { nil } }
}

extension KeeperRecord {
  fileprivate func report(floodRemedy: String) -> KeeperReport {
    KeeperReport(
      trouble: trouble.map { KeeperReport.Remark($0.message, remedy: $0.remedy) },
      admission: admission,
      flood: floods?.news(now: atMilliseconds).map {
        KeeperReport.Remark($0, remedy: floodRemedy)
      }, silent: silent, untold: untold ?? [])
  }
}
