import SluiceCore
import SluiceLedger
import SluicePorts

/// Follows the ledger as it grows by reading the file. Any process may write it.
public struct LedgerWatch: Sendable {
  /// The lines and the state that one read showed.
  public struct Update: Sendable {
    /// Lines that were not there at the look before.
    public var new: [LedgerEntry]
    public var reading: LedgerReading
  }

  private let reader: any LedgerReader
  private let time: any Time
  private static let interval: Duration = .milliseconds(200)
  /// A controller whose ledger was changed under it begins a new file with its next line.
  private static let patience: Duration = .seconds(15)

  public init(_ reader: any LedgerReader, time: any Time) {
    self.reader = reader
    self.time = time
  }

  /// Calls `show` at once and after every change, and once a second without one. Returns when
  /// `show` returns a value, or throws when the ledger cannot be read.
  public func follow<Result: Sendable>(
    from first: Int = 0, _ show: (Update) async throws -> Result?
  ) async throws -> Result {
    var seen = first
    var size: Int64 = -1
    var reading = LedgerReading(reader)
    var quiet: Duration = .zero
    var changed: Duration = .zero
    while true {
      let now = try await reader.size()
      if now != size || quiet >= .seconds(1) {
        do throws(PortError) {
          reading = now == size ? await reading.again() : try await reading.next()
          changed = .zero
        } catch {
          guard error.kind == .altered, changed < Self.patience,
            await reading.again().holder != nil
          else { throw error }
          reading = LedgerReading(reader)
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
