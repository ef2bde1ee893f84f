import SluiceCore
import SluicePorts
import SluiceSystem

/// The rows of the gateways' run logs that were counted for one promotion, on disk. A row is also
/// the cursor, so that two readers neither count a row twice nor lose one.
///
/// Each line holds ASCII fields, separated by a blank: `sluice.runs/1 PROMOTION`; `after HOST N
/// MILLISECONDS EVENT|-`, the place from which a host's run log is read, once a host and again when
/// its run log was replaced; `HOST N MILLISECONDS STATUS RUN SESSION|- OWN HTTP EVENT`, once a row.
struct RunLogFile: Sendable {
  enum Line: Sendable, Equatable {
    case beginning(HostName, RunCursor)
    case row(HostRun)
  }

  struct Contents: Sendable, Equatable {
    var cursors: [HostName: RunCursor] = [:]
    var runs: [HostRun] = []
    /// Lines within the file that cannot be read.
    var damaged = 0
  }

  private let file: AppendFile

  private static let schema = "sluice.runs/1"
  private static let newline = UInt8(ascii: "\n")

  /// Opens it or makes it; a last line that was cut off is dropped from it.
  static func open(
    _ path: String, promotion: PromotionID
  ) throws(SystemError) -> (RunLogFile, Contents) {
    let file = try AppendFile(path: path)
    let bytes = try Files.read(path, limit: 4 << 30)
    let whole = bytes.lastIndex(of: newline).map { $0 + 1 } ?? 0
    if whole < bytes.count { try file.truncate(to: Int64(whole)) }
    if whole == 0 { try file.append(Array("\(schema) \(promotion)\n".utf8)) }
    return (RunLogFile(file: file), parse(bytes[..<whole]))
  }

  static func parse(_ bytes: ArraySlice<UInt8>) -> Contents {
    var contents = Contents()
    for line in bytes.split(separator: newline) {
      let fields = line.split(separator: UInt8(ascii: " ")).map {
        String(decoding: $0, as: UTF8.self)
      }
      switch Line(fields) {
      case .beginning(let host, let cursor): contents.cursors[host] = cursor
      case .row(let run):
        contents.runs.append(run)
        contents.cursors[run.host] = run.row.cursor
      case nil where fields.first != schema: contents.damaged += 1
      case nil: break
      }
    }
    return contents
  }

  func append(_ lines: [Line]) throws(SystemError) {
    guard !lines.isEmpty else { return }
    try file.append(Array(lines.map { $0.text + "\n" }.joined().utf8))
  }
}

extension RunLogFile.Line {
  var text: String {
    switch self {
    case .beginning(let host, let cursor):
      return "after \(host) \(cursor.sequence) \(cursor.occurredMilliseconds) "
        + (cursor.event.isEmpty ? "-" : cursor.event)
    case .row(let run):
      let row = run.row
      return "\(run.host) \(row.sequence) \(row.occurredMilliseconds) \(row.status.rawValue) "
        + "\(row.run) \(row.session ?? "-") \(row.isOwn ? 1 : 0) "
        + "\(row.isHTTP ? 1 : 0) \(row.event)"
    }
  }

  init?(_ fields: [String]) {
    if fields.count == 5, fields[0] == "after", let sequence = Int64.written(fields[2]),
      let milliseconds = Int64.written(fields[3])
    {
      self = .beginning(
        HostName(fields[1]),
        RunCursor(
          sequence: sequence, occurredMilliseconds: milliseconds,
          event: fields[4] == "-" ? "" : fields[4]))
      return
    }
    guard fields.count == 9, let sequence = Int64.written(fields[1]),
      let milliseconds = Int64.written(fields[2]),
      let status = RunRow.Status(rawValue: fields[3]), let own = Int(fields[6]),
      let http = Int(fields[7])
    else { return nil }
    self = .row(
      HostRun(
        host: HostName(fields[0]),
        row: RunRow(
          sequence: sequence, occurredMilliseconds: milliseconds, status: status, run: fields[4],
          session: fields[5] == "-" ? nil : fields[5], isOwn: own == 1, isHTTP: http == 1,
          event: fields[8])))
  }
}
