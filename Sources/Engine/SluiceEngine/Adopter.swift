import SluiceCore
import SluiceJSON
import SluiceLedger
import SluicePorts

/// Adopts a fleet that was run by hand: archives its good state, and writes the ledger's line.
/// Nothing of the fleet moves.
public struct Adopter: Sendable {
  private let env: Env

  public init(env: Env) { self.env = env }

  /// The archive first, then the line, so that a line always has its archive.
  ///
  /// - Throws: `.fenced` while a controller holds the lease; `.refused` for a fleet that Sluice has
  ///   moved, whose promotions archive its good state themselves.
  public func adopt(
    _ snapshot: Snapshot, actor: String, reason: String
  ) async throws(PortError) {
    do throws(PortError) { try await env.lease.acquire(note: "sluice adopt") } catch {
      throw error.kind == .refused
        ? PortError(.fenced, error.message, remedy: "See what it is doing:  sluice status") : error
    }
    let result: Result<Void, PortError>
    do throws(PortError) { result = .success(try await archive(snapshot, actor, reason)) } catch {
      result = .failure(error)
    }
    await env.lease.release()
    try result.get()
  }

  private func archive(
    _ snapshot: Snapshot, _ actor: String, _ reason: String
  ) async throws(PortError) {
    let (replay, _) = try await env.readLedger()
    if let last = replay.promotion {
      throw PortError(
        .refused, "Sluice has moved this fleet: its last promotion is \(last.id)",
        remedy: "A promotion archives the good state that it finds:  sluice status")
    }
    let line: LedgerDraft
    let bytes: [UInt8]
    do {
      bytes = try CanonicalJSON.bytes(snapshot)
      line = try AdoptionLine(
        snapshot, epoch: replay.epoch.next, at: env.time.now(), actor: actor, reason: reason
      ).draft()
    } catch { throw PortError(.failed, "the fleet's state cannot be archived: \(error)") }
    try await env.archive.write("last_good.json", bytes)
    guard try await env.archive.read("last_good.json") == bytes else {
      throw PortError(
        .altered, "last_good.json is not what was written to it",
        remedy: "Find out which program writes it, and try again.")
    }
    _ = try await env.ledger.append([line], mayUseReserve: false)
  }
}
