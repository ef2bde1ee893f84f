import SluiceCore
import SluiceLedger
import SluicePorts
import Synchronization

/// A ledger in memory that can die at a chosen append, before or after the line is durable.
public actor SimulatedLedger: LedgerStore {
  public enum Death: Sendable { case before, after }

  private var chain = LedgerChain()
  public private(set) var lines: [LedgerLine] = []
  private var deathAt: (append: Int, death: Death)?
  public private(set) var appends = 0
  public private(set) var reserveUses = 0
  private var isFull = false
  private var fullAppends = 0
  private let effects: EffectLog

  public init(effects: EffectLog = EffectLog()) { self.effects = effects }

  /// The next appends find the disk full.
  public func setFull(appends: Int) { fullAppends = appends }

  /// The controller dies at its n-th append from now, counted from 1; nil: it lives.
  public func die(at append: Int?, _ death: Death = .after) {
    appends = 0
    deathAt = append.map { ($0, death) }
  }

  public func setFull(_ flag: Bool) { isFull = flag }
  public var entries: [LedgerEntry] { lines.map(\.entry) }

  public func read() -> [LedgerEntry] { lines.map(\.entry) }

  public func append(_ drafts: [LedgerDraft], mayUseReserve: Bool) throws(PortError)
    -> [LedgerEntry]
  {
    appends += 1
    if isFull || fullAppends > 0 {
      fullAppends = max(0, fullAppends - 1)
      guard mayUseReserve else { throw PortError(.outOfSpace, "the disk is full") }
      reserveUses += 1
    }
    if deathAt?.append == appends, deathAt?.death == .before { throw Self.dead }
    if let stale = drafts.first(where: { $0.epoch < chain.epoch }) {
      throw PortError(.fenced, "the ledger is past epoch \(stale.epoch)")
    }
    let added: [LedgerLine]
    do {
      added = try chain.extend(with: drafts)
      for line in added { try chain.take(line) }
    } catch { throw PortError(.refused, "\(error)") }
    lines += added
    effects.note(lines: lines.count)
    if deathAt?.append == appends { throw Self.dead }
    return added.map(\.entry)
  }

  private static let dead = PortError(.failed, "killed by the test")
}

/// One controller's hold on a lock that all of them share: one holder at a time.
public actor SimulatedLease: Lease {
  public final class Lock: Sendable {
    fileprivate let note = Mutex<String?>(nil)
    public init() {}
  }

  private let lock: Lock
  private var isHeld = false

  public init(on lock: Lock = Lock()) { self.lock = lock }

  public func acquire(note: String) throws(PortError) {
    let holder: String? = lock.note.withLock { held in
      defer { held = held ?? note }
      return held
    }
    if let holder { throw PortError(.refused, "the lease is held: \(holder)") }
    isHeld = true
  }

  public func release() {
    if isHeld { lock.note.withLock { $0 = nil } }
    isHeld = false
  }

  public func holder() -> String? { lock.note.withLock { $0 } }
}

public actor SimulatedArchive: Archive {
  private var files: [String: [UInt8]] = [:]

  public init() {}

  public func write(_ name: String, _ bytes: [UInt8]) throws(PortError) {
    try check(name)
    files[name] = bytes
  }

  public func read(_ name: String) throws(PortError) -> [UInt8]? {
    try check(name)
    return files[name]
  }

  private func check(_ name: String) throws(PortError) {
    guard Self.isName(name) else { throw PortError(.refused, "\"\(name)\" cannot name a file") }
  }
}

/// Sessions that come as time passes.
public actor SimulatedSessions: EvidenceSource {
  private var kept: [SessionRecord] = []
  private var streams: [AsyncStream<EvidenceBatch>.Continuation] = []

  public init() {}

  public func batches(for promotion: PromotionID) -> AsyncStream<EvidenceBatch> {
    let (stream, continuation) = AsyncStream.makeStream(of: EvidenceBatch.self)
    if !kept.isEmpty { continuation.yield(EvidenceBatch(sessions: kept)) }
    streams.append(continuation)
    return stream
  }

  func add(_ sessions: [SessionRecord]) {
    kept += sessions
    for stream in streams { stream.yield(EvidenceBatch(sessions: sessions)) }
  }
}
