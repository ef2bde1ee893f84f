import SluiceCore
import SluicePorts
import SluiceSystem

/// The sessions of one promotion on disk, so that another controller can continue to count. The
/// file is not synchronized: a loss of power also destroys the log's ring in HAProxy's memory.
///
/// Each line holds ASCII fields, separated by a blank: `sluice.evidence/1 PROMOTION`, then `after
/// RUN N K` for every run that the log knew when the promotion began (its last line before that,
/// and how many notices followed it), then one line a session. A file at its maximum size continues
/// with `left RUN FIRST LAST` for sessions that were counted and not kept, so that they do not
/// count as lost.
struct EvidenceFile: Sendable {
  /// Up to this line nothing of a run belongs to the promotion.
  struct Beginning: Sendable, Equatable {
    var run: UInt64
    var sequence: Int64
    /// Nor that many notices behind it.
    var notices = 0
  }

  struct Entry: Sendable, Equatable {
    var run: UInt64
    var session: SessionRecord
  }

  /// Sessions that are not kept.
  struct Left: Sendable, Equatable {
    var run: UInt64
    var numbers: ClosedRange<Int64>
  }

  struct Contents: Sendable, Equatable {
    var isNew = true
    var beginnings: [Beginning] = []
    var entries: [Entry] = []
    var left: [Left] = []
    /// Lines within the file that cannot be read.
    var damaged = 0
  }

  private let file: AppendFile
  private let limit: Int64

  /// About three million sessions; no flood fills a disk.
  static let usualLimit: Int64 = 256 << 20
  private static let schema = "sluice.evidence/1"
  private static let newline = UInt8(ascii: "\n")

  /// Opens it or makes it; a last line that was cut off is dropped from it.
  ///
  /// - Parameter limit: bytes; sessions beyond are not kept.
  static func open(
    _ path: String, promotion: PromotionID, limit: Int64 = usualLimit
  ) throws(SystemError) -> (EvidenceFile, Contents) {
    let file = try AppendFile(path: path)
    let bytes = try Files.read(path, limit: 4 << 30)
    let whole = bytes.lastIndex(of: newline).map { $0 + 1 } ?? 0
    if whole < bytes.count { try file.truncate(to: Int64(whole)) }
    if whole == 0 { try file.append(Array("\(schema) \(promotion)\n".utf8)) }
    return (EvidenceFile(file: file, limit: limit), parse(bytes[..<whole]))
  }

  static func parse(_ bytes: ArraySlice<UInt8>) -> Contents {
    var contents = Contents()
    for line in bytes.split(separator: newline) {
      contents.isNew = false
      let fields = line.split(separator: UInt8(ascii: " "))
        .map { String(decoding: $0, as: UTF8.self) }
      if let entry = Entry(fields) {
        contents.entries.append(entry)
      } else if fields.count == 4, fields[0] == "after", let run = UInt64(fields[1], radix: 16),
        let sequence = Int64.written(fields[2]), let notices = Int.written(fields[3])
      {
        contents.beginnings.append(Beginning(run: run, sequence: sequence, notices: notices))
      } else if fields.count == 4, fields[0] == "left", let run = UInt64(fields[1], radix: 16),
        let first = Int64(fields[2]), let last = Int64(fields[3]), 0 < first, first <= last,
        last - first < maximumLeft
      {
        contents.left.append(Left(run: run, numbers: first...last))
      } else if fields.first != schema {
        contents.damaged += 1
      }
    }
    return contents
  }

  func begin(_ beginnings: [Beginning]) throws(SystemError) {
    let text = beginnings.map {
      "after \(String($0.run, radix: 16)) \($0.sequence) \($0.notices)\n"
    }.joined()
    try file.append(Array(text.utf8))
  }

  /// A damaged line must not take for ever.
  private static let maximumLeft: Int64 = 10_000_000

  /// Whether they are kept: false once the file has its size.
  @discardableResult
  func append(_ entries: [Entry]) throws(SystemError) -> Bool {
    guard !entries.isEmpty else { return true }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entries.count * 80)
    for entry in entries { entry.write(to: &bytes) }
    guard file.length + Int64(bytes.count) > limit else {
      try file.append(bytes)
      return true
    }
    let lines = Self.left(entries).map {
      "left \(String($0.run, radix: 16)) \($0.numbers.lowerBound) \($0.numbers.upperBound)\n"
    }
    try file.append(Array(lines.joined().utf8))
    return false
  }

  /// Numbers that follow each other make one line.
  static func left(_ entries: [Entry]) -> [Left] {
    var left: [Left] = []
    for entry in entries.sorted(by: {
      ($0.run, $0.session.sequence) < ($1.run, $1.session.sequence)
    }) {
      let number = entry.session.sequence
      if let last = left.last, last.run == entry.run, last.numbers.upperBound == number - 1 {
        left[left.count - 1].numbers = last.numbers.lowerBound...number
      } else {
        left.append(Left(run: entry.run, numbers: number...number))
      }
    }
    return left
  }
}

extension EvidenceFile.Entry {
  /// `RUN PID N T ARM WHY GENERATION HOST|- STATUS ENDING MILLISECONDS RETRIED`, and where the log told
  /// them `SOURCE KIND`, and `TENANT` behind these where a step pins the session's tenant.
  func write(to bytes: inout [UInt8]) {
    let text =
      "\(String(run, radix: 16)) \(session.process) \(session.sequence) "
      + "\(session.assignedMilliseconds) \(session.arm.rawValue) \(session.why.rawValue) "
      + "\(session.generation) \(session.host?.rawValue ?? "-") \(session.status) "
      + "\(session.ending) \(session.activeMilliseconds) \(session.wasRetried ? 1 : 0)"
    bytes += text.utf8
    if let source = session.source, let kind = session.kind {
      bytes += " \(String(source, radix: 16)) \(kind.rawValue)".utf8
      if let tenant = session.tenant { bytes += " \(tenant)".utf8 }
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  init?(_ fields: [String]) {
    guard [12, 14, 15].contains(fields.count), let run = UInt64(fields[0], radix: 16),
      let process = Int.written(fields[1]), let sequence = Int64.written(fields[2]),
      let assigned = Int64.written(fields[3]), let arm = Arm(rawValue: fields[4]),
      let why = SessionRecord.Why(rawValue: fields[5]),
      let generation = Int64.written(fields[6]), let status = Int.written(fields[8]),
      fields[9].utf8.count == 4, let active = Int64.written(fields[10]),
      let retried = Int.written(fields[11])
    else { return nil }
    let isTold = fields.count >= 14
    let source = isTold ? UInt32(fields[12], radix: 16) : nil
    let kind = isTold ? SessionRecord.Kind(rawValue: fields[13]) : nil
    guard !isTold || (source != nil && kind != nil) else { return nil }
    let tenant = fields.count == 15 ? fields[14] : nil
    guard tenant.map(HostName.isValid) ?? true else { return nil }
    self.run = run
    session = SessionRecord(
      process: process, sequence: sequence, assignedMilliseconds: assigned, arm: arm, why: why,
      generation: generation, host: fields[7] == "-" ? nil : HostName(fields[7]), status: status,
      ending: fields[9], activeMilliseconds: active, isWebSocket: status == 101,
      wasRetried: retried == 1, source: source, kind: kind, tenant: tenant)
  }
}
