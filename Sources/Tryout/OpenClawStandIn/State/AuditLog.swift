import SluiceSystem

/// One row of the run log, without content.
struct AuditRow: Sendable, Equatable {
  var sequence: Int64
  var occurredAt: Int64
  var action: String
  var status: String
  var errorCode: String?
  var runID: String
  var sessionKey: String
  var sourceSequence: Int64
  var eventID: String

  /// The members in the order that the real one writes them.
  var json: JSON {
    var members: [(String, JSON)] = [
      ("action", .string(action)), ("actor", ["id": "main", "type": "agent"]),
      ("agentId", "main"),
    ]
    if let errorCode { members.append(("errorCode", .string(errorCode))) }
    members += [
      ("eventId", .string(eventID)), ("kind", "agent_run"), ("occurredAt", .integer(occurredAt)),
      ("redaction", "metadata_only"), ("runId", .string(runID)), ("sequence", .integer(sequence)),
      ("sessionId", .string(Identifier.derived(from: sessionKey))),
      ("sessionKey", .string(sessionKey)), ("sourceSequence", .integer(sourceSequence)),
      ("status", .string(status)),
    ]
    return .object(members.map { JSON.Member(key: $0.0, value: $0.1) })
  }

  init(
    sequence: Int64, occurredAt: Int64, action: String, status: String, errorCode: String?,
    runID: String, sessionKey: String, sourceSequence: Int64
  ) {
    self.sequence = sequence
    self.occurredAt = occurredAt
    self.action = action
    self.status = status
    self.errorCode = errorCode
    self.runID = runID
    self.sessionKey = sessionKey
    self.sourceSequence = sourceSequence
    self.eventID = Identifier.random()
  }

  /// nil when the line is not one of ours, the last one of a killed process for instance.
  init?(_ json: JSON) {
    guard let sequence = json["sequence"]?.whole, let occurredAt = json["occurredAt"]?.whole,
      let action = json["action"]?.text, let status = json["status"]?.text,
      let runID = json["runId"]?.text, let sessionKey = json["sessionKey"]?.text,
      let sourceSequence = json["sourceSequence"]?.whole, let eventID = json["eventId"]?.text
    else { return nil }
    self.sequence = sequence
    self.occurredAt = occurredAt
    self.action = action
    self.status = status
    self.errorCode = json["errorCode"]?.text
    self.runID = runID
    self.sessionKey = sessionKey
    self.sourceSequence = sourceSequence
    self.eventID = eventID
  }
}

/// The run log: rows in memory, and in a file that is read at the next start.
struct AuditLog: Sendable {
  struct Query {
    var limit = 100
    /// Milliseconds since 1970, inclusive both.
    var after: Int64?
    var before: Int64?
    /// Only rows with a smaller sequence.
    var cursor: Int64?
    var status: String?
    var sessionKey: String?
    var runID: String?
  }

  /// The real one keeps 100,000.
  private static let rowLimit = 100_000

  private let file: AppendFile
  /// Oldest first, sequences rising by one.
  private var rows: [AuditRow] = []
  private var lastSequence: Int64 = 0

  init(stateDirectory: String) throws(SystemError) {
    let directory = "\(stateDirectory)/audit"
    try Files.makeDirectory(directory, mode: 0o700)
    let path = "\(directory)/agent-runs.jsonl"
    file = try AppendFile(path: path, mode: 0o600)
    let bytes = try Files.read(path, limit: 1 << 30)
    let lines = bytes.split(separator: UInt8(ascii: "\n")).suffix(Self.rowLimit)
    rows = lines.compactMap { JSON.parse(Array($0)).flatMap(AuditRow.init) }
    lastSequence = rows.last?.sequence ?? 0
    // A process that was killed may have left half a line.
    if let last = bytes.last, last != UInt8(ascii: "\n") { try file.append([UInt8(ascii: "\n")]) }
  }

  mutating func append(
    at milliseconds: Int64, action: String, status: String, errorCode: String? = nil,
    runID: String, sessionKey: String, sourceSequence: Int64
  ) throws(SystemError) {
    let row = AuditRow(
      sequence: lastSequence + 1, occurredAt: milliseconds, action: action, status: status,
      errorCode: errorCode, runID: runID, sessionKey: sessionKey, sourceSequence: sourceSequence)
    try file.append(Array((row.json.compact + "\n").utf8))
    lastSequence = row.sequence
    rows.append(row)
    if rows.count > Self.rowLimit + 1000 { rows.removeFirst(1000) }
  }

  /// Newest first, and where the next page begins when there is one.
  func page(_ query: Query) -> (rows: [AuditRow], nextCursor: Int64?) {
    var found: [AuditRow] = []
    for row in rows.reversed() {
      if let cursor = query.cursor, row.sequence >= cursor { continue }
      if let before = query.before, row.occurredAt > before { continue }
      if let after = query.after, row.occurredAt < after { continue }
      if let status = query.status, row.status != status { continue }
      if let sessionKey = query.sessionKey, row.sessionKey != sessionKey { continue }
      if let runID = query.runID, row.runID != runID { continue }
      if found.count == query.limit { return (found, found.last?.sequence) }
      found.append(row)
    }
    return (found, nil)
  }
}
