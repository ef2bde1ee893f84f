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

  public init(_ writer: WriterSpec) { self.writer = writer }

  /// Calls `show` at once and after every change, and once a second without one. Returns when
  /// `show` returns a value, or throws when the ledger cannot be read.
  public func follow<Result: Sendable>(
    from first: Int = 0, _ show: (Update) async throws -> Result?
  ) async throws -> Result {
    var seen = first
    var size: Int64 = -1
    var reading: LedgerReading?
    var quiet: Duration = .zero
    while true {
      let now = try Files.status(of: writer.ledger)?.size ?? 0
      if now != size || quiet >= .seconds(1) || reading == nil {
        let next =
          now == size && reading != nil
          ? await reading?.again(writer) : try await LedgerReading.load(writer)
        if let next {
          let update = Update(new: Array(next.entries.dropFirst(seen)), reading: next)
          if let result = try await show(update) { return result }
          seen = max(seen, next.entries.count)
          reading = next
        }
        size = now
        quiet = .zero
      }
      try await time.sleep(for: Self.interval)
      quiet += Self.interval
    }
  }
}
