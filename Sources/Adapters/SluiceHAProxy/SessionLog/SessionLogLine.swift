import SluiceCore
import SluicePorts

/// One line of the managed HAProxy's log. The parser is strict: a line that differs from the form
/// in Sluice's configuration is no session.
enum SessionLogLine: Equatable {
  /// `run` names the process's life: a reused pid begins a new one.
  case session(SessionRecord, run: UInt64)
  /// A request that was no HTTP: it has no number and went nowhere.
  case unassigned
  /// Not JSON: a server that went down, lines that were dropped for want of room.
  case notice(EvidenceNotice)
  /// The line begins like a session and is none.
  case malformed

  private static let noticeLimit = 300

  init(_ line: ArraySlice<UInt8>) {
    guard line.first == UInt8(ascii: "{") else {
      let text = Self.printable(line)
      self = .notice(EvidenceNotice(text, host: Self.server(text)))
      return
    }
    var scanner = LineScanner(line)
    self = scanner.sessionLine() ?? .malformed
  }

  /// A health check's message may quote what a gateway answered.
  private static func printable(_ line: ArraySlice<UInt8>) -> String {
    let bytes = line.prefix(noticeLimit).map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension SessionLogLine {
  /// The host in HAProxy's `Server arm_stable/mac-b is DOWN, …` and `… remains in forced drain
  /// mode.`
  fileprivate static func server(_ text: String) -> HostName? {
    let words = text.split(separator: " ", maxSplits: 3)
    guard words.count > 2, words[0] == "Server", ["is", "remains"].contains(words[2]),
      let slash = words[1].lastIndex(of: "/")
    else { return nil }
    let name = String(words[1][words[1].index(after: slash)...])
    return HostName.isValid(name) ? HostName(name) : nil
  }
}

/// Reads the fields in the order in which they are written; each returns nil at the first byte that
/// should not be there.
struct LineScanner {
  private let bytes: ArraySlice<UInt8>
  private var offset: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    offset = bytes.startIndex
  }

  private static let head = Array(#"{"v":1,"run":""#.utf8)
  private static let pid = Array(#"","pid":"#.utf8)
  private static let number = Array(#","n":""#.utf8)
  private static let time = Array(#"","t":""#.utf8)
  private static let arm = Array(#"","arm":""#.utf8)
  private static let why = Array(#"","why":""#.utf8)
  private static let state = Array(#"","state":""#.utf8)
  private static let server = Array(#"","srv":""#.utf8)
  private static let status = Array(#"","st":"#.utf8)
  private static let ending = Array(#","ts":""#.utf8)
  private static let active = Array(#"","Ta":"#.utf8)
  private static let received = Array(#","TR":"#.utf8)
  private static let source = Array(#"","src":""#.utf8)
  private static let work = Array(#"","w":""#.utf8)
  private static let tenant = Array(#"","te":""#.utf8)
  private static let caller = Array(#"","tn":""#.utf8)
  private static let retries = Array(#","rc":""#.utf8)
  private static let identifier = Array(#"","id":""#.utf8)
  private static let tail = Array(#""}"#.utf8)
  private static let none = Array("-".utf8)
  private static let noNumber = Array(#"-""#.utf8)
  /// A year, in milliseconds: what a log says beyond that is no latency.
  private static let longestSession: Int64 = 366 * 86_400_000
  private static let noServer = Array("<NOSRV>".utf8)

  mutating func sessionLine() -> SessionLogLine? {
    guard take(Self.head), let run = run(), take(Self.pid), let pid = integer(),
      take(Self.number)
    else { return nil }
    if take(Self.noNumber) { return .unassigned }
    guard let sequence = integer(), sequence > 0, take(Self.time), let assigned = integer(),
      take(Self.arm), let arm = Arm(rawValue: word()), take(Self.why),
      let why = SessionRecord.Why(rawValue: word()), take(Self.state),
      let generation = generation(), take(Self.server), let host = host()
    else { return nil }
    guard take(Self.status), let status = signed(), take(Self.ending), let ending = ending(),
      take(Self.active), let active = signed(), let received = received(), take(Self.retries),
      let retried = retried(), take(Self.identifier), !word().isEmpty, let client = client(),
      let tenant = tenant(), let caller = caller(), take(Self.tail), offset == bytes.endIndex
    else { return nil }
    return .session(
      SessionRecord(
        process: Int(pid), sequence: sequence, assignedMilliseconds: assigned, arm: arm, why: why,
        generation: generation, host: host.name, status: Int(status), ending: ending,
        activeMilliseconds: min(
          max(0, active.subtractingClamped(max(0, received))), Self.longestSession),
        isWebSocket: status == 101, wasRetried: retried, source: client.source, kind: client.kind,
        tenant: tenant.name, caller: caller.caller),
      run: run)
  }

  /// How long the request took to come; 0 in a line that does not tell.
  private mutating func received() -> Int64? { take(Self.received) ? signed() : 0 }

  /// The client's address and the kind of its request; nil where the line has neither.
  private mutating func client() -> (source: UInt32?, kind: SessionRecord.Kind?)? {
    guard take(Self.source) else { return (nil, nil) }
    guard let source = UInt32(word(), radix: 16), take(Self.work),
      let kind = SessionRecord.Kind(rawValue: word())
    else { return nil }
    return (source, kind)
  }

  /// A tenant that a step pins; nil for everybody else, and in a line without the field.
  private mutating func tenant() -> (name: String?, Void)? {
    guard take(Self.tenant), !take(Self.none) else { return (nil, ()) }
    let name = word()
    return HostName.isValid(name) ? (name, ()) : nil
  }

  /// The bytes that the front named as the tenant, in hex; nil in a line without the field.
  private mutating func caller() -> (caller: SessionRecord.Caller?, Void)? {
    guard take(Self.caller) else { return (nil, ()) }
    if take(Self.none) { return (.nobody, ()) }
    let digits = Array(word().utf8)
    guard !digits.isEmpty, digits.count <= 128, digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      let pair = digits[index...index + 1]
      guard pair.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
        let byte = UInt8(String(decoding: pair, as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(byte)
    }
    let name = String(decoding: bytes, as: UTF8.self)
    return (HostName.isValid(name) ? .tenant(name) : .nobody, ())
  }

  private var next: UInt8? { offset < bytes.endIndex ? bytes[offset] : nil }

  private mutating func take(_ literal: [UInt8]) -> Bool {
    guard bytes[offset...].starts(with: literal) else { return false }
    offset += literal.count
    return true
  }

  /// Digits without a leading zero, at most 15: Sluice's JSON holds each such number.
  private mutating func integer() -> Int64? {
    let start = offset
    var value: Int64 = 0
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      guard offset - start < 15 else { return nil }
      value = value * 10 + Int64(byte - UInt8(ascii: "0"))
      offset += 1
    }
    let count = offset - start
    guard count > 0, count == 1 || bytes[start] != UInt8(ascii: "0") else { return nil }
    return value
  }

  /// HAProxy writes -1 for what never came to be.
  private mutating func signed() -> Int64? {
    if next == UInt8(ascii: "-") {
      offset += 1
      return integer() == 1 ? -1 : nil
    }
    return integer()
  }

  /// Twelve hex digits.
  private mutating func run() -> UInt64? {
    let end = offset + 12
    guard end <= bytes.endIndex else { return nil }
    var value: UInt64 = 0
    while offset < end {
      switch bytes[offset] {
      case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
      case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
        value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
      default: return nil
      }
      offset += 1
    }
    return value
  }

  /// `SHARE:PINEPOCH:GENERATION`.
  private mutating func generation() -> Int64? {
    let colon = [UInt8(ascii: ":")]
    guard let share = integer(), share <= 10_000, take(colon), integer() != nil, take(colon) else {
      return nil
    }
    return integer()
  }

  /// The text before the next quote; empty when the text has a character outside plain ASCII.
  private mutating func word() -> String {
    let start = offset
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") else { return "" }
      offset += 1
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func host() -> (name: HostName?, Void)? {
    if take(Self.noServer) || take(Self.none) { return (nil, ()) }
    let name = word()
    return HostName.isValid(name) ? (HostName(name), ()) : nil
  }

  /// Four letters or `-`.
  private mutating func ending() -> String? {
    let text = word()
    let isPlain = text.utf8.allSatisfy {
      $0 == UInt8(ascii: "-")
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
    }
    return text.utf8.count == 4 && isPlain ? text : nil
  }

  /// `0`, `2`, or `+1` after a change of server.
  private mutating func retried() -> Bool? {
    let moved = take([UInt8(ascii: "+")])
    return integer().map { moved || $0 > 0 }
  }
}
