import SluiceCore
import SluiceJournal
import SluiceLedger
import SluicePorts
import SluiceSystem

/// Follows the ledger as it grows, by looking at it: it works whoever writes, on whatever terminal.
public struct LedgerWatch: Sendable {
  /// What one look showed.
  public struct Update: Sendable {
    /// Lines that were not there at the look before.
    public var new: [LedgerEntry]
    public var reading: LedgerReading
  }

  private let writer: WriterSpec
  private let time = SystemTime()
  private static let interval: Duration = .milliseconds(200)
  /// A controller whose ledger was changed under it begins a new file with its next line.
  private static let patience: Duration = .seconds(15)

  public init(_ writer: WriterSpec) { self.writer = writer }

  /// Calls `show` at once and after every change, and once a second without one. Returns when
  /// `show` returns a value, or throws when the ledger cannot be read.
  public func follow<Result: Sendable>(
    from first: Int = 0, _ show: (Update) async throws -> Result?
  ) async throws -> Result {
    var seen = first
    var size: Int64 = -1
    var reading = LedgerReading()
    var quiet: Duration = .zero
    var changed: Duration = .zero
    while true {
      let now = try Files.status(of: writer.ledger)?.size ?? 0
      if now != size || quiet >= .seconds(1) {
        do throws(PortError) {
          reading = now == size ? await reading.again(writer) : try await reading.next(writer)
          changed = .zero
        } catch {
          guard error.kind == .altered, changed < Self.patience,
            await reading.again(writer).holder != nil
          else { throw error }
          reading = LedgerReading()
          size = -1
          changed += Self.interval
          try await time.sleep(for: Self.interval)
          continue
        }
        let update = Update(new: Array(reading.entries.dropFirst(seen)), reading: reading)
        if let result = try await show(update) { return result }
        seen = max(seen, reading.entries.count)
        size = now
        quiet = .zero
      }
      try await time.sleep(for: Self.interval)
      quiet += Self.interval
    }
  }
}
