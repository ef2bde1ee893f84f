import SluiceCore
import SluiceLedger
import SluicePorts

/// The ledger as anybody may read it: no lease, nothing created.
public struct LedgerReading: Sendable {
  public private(set) var entries: [LedgerEntry] = []
  public private(set) var replay = Replay()
  /// When hosts were out of the balancer for a swing.
  public private(set) var swings = SwingPeriods()
  /// The holder of the writer's lock; nil: no controller is at work.
  public private(set) var holder: String?
  private var position = LedgerPosition()
  private let reader: any LedgerReader

  /// Nothing read yet.
  init(_ reader: any LedgerReader) { self.reader = reader }

  /// The operations that hosts may have seen, by these lines.
  public var word: LedgerWord {
    LedgerWord(
      epoch: replay.epoch,
      operations: Set(
        entries.lazy.map(\.operation).filter { !$0.isEmpty }.map(OperationID.init(rawValue:))))
  }

  /// The account that wrote the first line of the promotion that the ledger tells of last.
  public var account: String? {
    guard let id = replay.promotion?.id else { return nil }
    return entries.first { $0.promotion == id.rawValue }?.account
  }

  /// Leaf hash of the last line: kept elsewhere, it shows whether the lines up to it were changed
  /// since.
  public var head: String { position.head }

  /// Bytes of half a line at the end.
  public var tornBytes: Int { position.tornBytes }

  public static func load(_ reader: any LedgerReader) async throws(PortError) -> LedgerReading {
    try await LedgerReading(reader).next()
  }

  /// As far as it goes: the lines that are proven, and what is wrong behind them.
  public static func asFarAsItGoes(_ reader: any LedgerReader) async throws(PortError) -> (
    reading: LedgerReading, fault: PortError?
  ) {
    do throws(PortError) { return (try await load(reader), nil) } catch {
      guard error.kind == .altered, let proven = try await reader.proven() else {
        throw error
      }
      var reading = LedgerReading(reader)
      reading.entries = proven
      reading.replay = (try? Replay(proven)) ?? Replay()
      for entry in proven { try? reading.swings.take(entry) }
      return (await reading.again(), error)
    }
  }

  /// With the lines that came since.
  func next() async throws(PortError) -> LedgerReading {
    var next = self
    let (new, position) = try await reader.lines(after: position)
    do throws(LedgerFault) {
      for entry in new {
        try next.replay.take(entry)
        try next.swings.take(entry)
      }
    } catch {
      throw PortError(
        .altered, "\(reader.place):\(error.line): \(error.message)",
        remedy:
          "Roll back by the proven lines:  sluice rollback   Or restore the file from its copy.")
    }
    next.entries += new
    next.position = position
    return await next.again()
  }

  /// The same lines, and who holds the lock by now.
  func again() async -> LedgerReading {
    var again = self
    again.holder = await reader.holder()
    return again
  }
}
