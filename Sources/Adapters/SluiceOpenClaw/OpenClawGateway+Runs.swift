import SluiceCore
import SluiceCrypto
import SluicePorts

/// The gateway's run log: one row for the start of each run of an OpenClaw agent, one for its end.
extension OpenClawGateway: GatewayRunLog {
  /// As many as one question may be answered with.
  private static let pageRows = 500
  /// Of one answer of ours.
  private static let rowLimit = 1_000
  /// Rows are written by the way: one with a higher number may tell of an earlier moment.
  private static let slackMilliseconds: Int64 = 60_000

  /// Without a cursor, returns only the newest row: the present end of the run log. The gateway
  /// returns the newest rows first, so all rows back to the cursor are read before the oldest of
  /// them is returned.
  public func runs(after cursor: RunCursor?) async throws(PortError) -> RunPage {
    guard await speaksProtocol else {
      throw PortError(
        .refused, "this OpenClaw keeps no ledger of its runs that can be read",
        remedy: "Update it to 2026.9; the balancer's log is evidence all the same.")
    }
    let salt = salt
    return try await converse(to: "tell its runs", with: [.auditList]) {
      (conversation) throws(ConversationFailure) in
      guard let cursor else {
        let query = Frames.RunQuery(limit: 1, after: nil, cursor: nil)
        let newest = try await conversation.call(.auditList, query, as: Frames.Runs.self)
        return RunPage(rows: newest.events.map { $0.row(salt) })
      }
      var rows: [RunRow] = []
      var next: String?
      repeat {
        let query = Frames.RunQuery(
          limit: Self.pageRows,
          after: max(0, cursor.occurredMilliseconds.subtractingClamped(Self.slackMilliseconds)),
          cursor: next)
        let page = try await conversation.call(.auditList, query, as: Frames.Runs.self)
        rows += page.events.map { $0.row(salt) }
        next = page.events.isEmpty ? nil : page.nextCursor
        if let oldest = rows.last, oldest.sequence <= cursor.sequence { break }
      } while next != nil
      return RunPage(rows, after: cursor, limit: Self.rowLimit)
    }
  }
}

extension Frames.Runs.Event {
  /// Session keys may hold people's names, so they are hashed here: no later reader sees them.
  func row(_ salt: String) -> RunRow {
    RunRow(
      sequence: sequence.clampedToJSON, occurredMilliseconds: occurredAt.clampedToJSON,
      status: RunRow.Status(rawValue: status) ?? .unknown, run: Self.hash(runId, salt),
      session: sessionKey.map { Self.hash($0, salt) }, isOwn: GatewayEvents.isOwn(sessionKey),
      // As OpenClaw names the runs of its HTTP interface (recorded, 2026.9.6).
      isHTTP: runId.hasPrefix("chatcmpl_"), event: Self.hash(eventId, ""))
  }

  private static func hash(_ text: String, _ salt: String) -> String {
    String(SHA256Digest.hex(Array("\(salt) \(text)".utf8)).prefix(24))
  }
}
