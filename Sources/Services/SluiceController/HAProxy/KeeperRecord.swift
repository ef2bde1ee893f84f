import SluiceCore
import SluiceHAProxy
import SluiceJSON
import SluicePorts
import SluiceStatus
import SluiceSystem

/// The keeper's last findings and actions, `keeper.json` in the balancer's directory.
public struct KeeperRecord: Sendable, Hashable, Codable {
  /// HAProxy's fault and the remedy.
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
  /// An operator stopped HAProxy.
  public var isStopped = false
  /// How often the keeper restarted a dead HAProxy or gave it a successor.
  public var restarts = 0
  public var lastRestartMilliseconds: Int64?
  /// Refused gateways, and gateways admitted although they fail hard.
  public var admission = Admission()
  /// Gateways whose agent does not answer, or whose answer is too old to act on.
  public var silent: [HostName] = []
  /// Gateways whose agent answers this machine without details, because `probe_from` does not name
  /// it. Nil from an older keeper.
  public var untold: [HostName]?
  /// Gateways that count as serving by their agent's report, with their failing components.
  public var trusted: [HostName: [String]] = [:]
  /// The floods so far; nil from an older keeper.
  public var floods: FloodCount?
  /// Whether a service manager restarts the keeper after a reboot.
  public var isService = false

  public init() {}

  static let interval: Duration = .seconds(5)
  /// A keeper that has written nothing for this long, in milliseconds, hangs.
  static let patience: Int64 = 20_000

  enum CodingKeys: String, CodingKey {
    case schema, process, trouble, restarts, admission, silent, trusted, untold, floods
    case atMilliseconds = "at_ms"
    case isStopped = "stopped"
    case lastRestartMilliseconds = "last_restart_ms"
    case isService = "service"
  }

  /// Nil if the record is missing or unreadable; a keeper then writes a new one.
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

/// The state of HAProxy's keeper.
public enum KeeperSight: Sendable, Hashable {
  case none
  case atWork(KeeperRecord)
  /// The keeper holds its lock and has written nothing for a while.
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

  /// The state for readers.
  ///
  /// - Parameter floodRemedy: the remedy for clients that send requests without end.
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
