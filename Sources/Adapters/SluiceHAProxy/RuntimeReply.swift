import SluiceCore

/// The parsed answers of HAProxy's runtime API. Columns and keys are found by name, because
/// versions differ in their order.
public enum RuntimeReply {
  public struct Fault: Error, Sendable, Hashable { public let message: String }

  public struct Info: Sendable, Hashable {
    public var processID: Int32
    public var upSeconds: Int64
    public var version: String

    public init(processID: Int32, upSeconds: Int64, version: String) {
      self.processID = processID
      self.upSeconds = upSeconds
      self.version = version
    }
  }

  public struct Server: Sendable, Hashable {
    /// By its health check, and not refused.
    public var isUp: Bool
    /// In drain or maintenance, for any cause.
    public var isTakenOut: Bool
    /// The server is not even checked.
    public var isInMaintenance: Bool
    /// HAProxy asks the gateway itself.
    public var isChecked: Bool

    public init(isUp: Bool, isTakenOut: Bool, isInMaintenance: Bool, isChecked: Bool = true) {
      self.isUp = isUp
      self.isTakenOut = isTakenOut
      self.isInMaintenance = isInMaintenance
      self.isChecked = isChecked
    }
  }

  /// The answers to several commands on one line: a blank line ends each. Nil when there are fewer.
  public static func split(_ text: String, count: Int) -> [String]? {
    var replies: [String] = []
    var reply = ""
    // Text after the last line feed is no line.
    for line in text[...].fields("\n", omittingEmpty: false).dropLast() {
      if line.isEmpty {
        replies.append(reply)
        reply = ""
      } else {
        reply += line + "\n"
      }
    }
    return replies.count >= count ? Array(replies.prefix(count)) : nil
  }

  /// A command that changes something answers a blank line, or reports the fault.
  public static func confirm(_ text: String) throws(Fault) {
    let lines = text[...].fields("\n")
    guard let first = lines.first else { return }
    throw Fault(message: String(first))
  }

  /// `Name: value` lines of `show info`.
  public static func info(_ text: String) throws(Fault) -> Info {
    var values: [Substring: Substring] = [:]
    for line in text[...].fields("\n") {
      let parts = line.fields(":", maxSplits: 1)
      if parts.count == 2 { values[parts[0]] = parts[1].drop { $0 == " " } }
    }
    guard let pid = values["Pid"].flatMap({ Int32($0) }),
      let up = values["Uptime_sec"].flatMap({ Int64($0) }), let version = values["Version"]
    else { throw unexpected("show info", text) }
    return Info(processID: pid, upSeconds: up.clampedToJSON, version: String(version))
  }

  /// `show map`: an address, key and value a line. None of a map that a configuration of before
  /// tenants were pinned does not have.
  static func mapEntries(_ text: String) -> [(key: String, value: String)] {
    text[...].fields("\n").compactMap { line in
      let fields = line.fields(" ")
      guard fields.count == 3, fields[0].hasPrefix("0x") else { return nil }
      return (String(fields[1]), String(fields[2]))
    }
  }

  /// The value in `…, found=yes, …, key="state", value="500:1:7", …`; nil when it has no such key.
  public static func mapValue(_ text: String) throws(Fault) -> String? {
    if text.contains("found=no") { return nil }
    let marker = ", value=\""
    guard text.contains("found=yes"), let start = text.firstRange(of: marker)?.upperBound,
      let end = text[start...].firstIndex(of: "\"")
    else { throw unexpected("get map", text) }
    return String(text[start..<end])
  }

  /// The value of one variable, `NAME=value`; nil when it is not set.
  public static func variable(_ name: String, _ text: String) -> String? {
    text[...].fields("\n").first { $0.hasPrefix("\(name)=") }
      .map { String($0.dropFirst(name.utf8.count + 1)) }
  }

  /// By `BACKEND/SERVER`, from `show servers state`.
  public static func servers(_ text: String) throws(Fault) -> [String: Server] {
    let lines = text[...].fields("\n")
    guard let heading = lines.first(where: { $0.hasPrefix("# ") }) else {
      throw unexpected("show servers state", text)
    }
    let names = heading.dropFirst(2).fields(" ")
    var servers: [String: Server] = [:]
    for line in lines where !line.hasPrefix("#") {
      let fields = line.fields(" ")
      // The first line is the format's version.
      guard fields.count > 1 else { continue }
      let row = Dictionary(zip(names, fields)) { first, _ in first }
      guard let backend = row["be_name"], let server = row["srv_name"],
        let operation = row["srv_op_state"].flatMap({ Int($0) }),
        let administration = row["srv_admin_state"].flatMap({ Int($0) })
      else { throw unexpected("show servers state", String(line)) }
      // 2 is "running". Of the administrative bits 0x63 are maintenance, 0x18 drain, and 0x04 only
      // says that the configuration began with it.
      servers["\(backend)/\(server)"] = Server(
        isUp: operation == 2, isTakenOut: administration & 0x7B != 0,
        isInMaintenance: administration & 0x63 != 0,
        // Bit 4 of the check's state says that it is enabled.
        isChecked: row["srv_check_state"].flatMap { Int($0) }.map { $0 & 0x04 != 0 } ?? true)
    }
    return servers
  }

  /// Open sessions by `BACKEND/SERVER`, from `show stat`. The columns that matter come before any
  /// that could hold a comma.
  public static func sessions(_ text: String) throws(Fault) -> [String: Int] {
    let lines = text[...].fields("\n")
    guard let heading = lines.first, heading.hasPrefix("# ") else {
      throw unexpected("show stat", text)
    }
    let names = heading.dropFirst(2).fields(",", omittingEmpty: false)
    guard let backend = names.firstIndex(of: "pxname"), let server = names.firstIndex(of: "svname"),
      let current = names.firstIndex(of: "scur"), max(backend, server, current) < 8
    else { throw unexpected("show stat", String(heading)) }
    var sessions: [String: Int] = [:]
    for line in lines.dropFirst() {
      let fields = line.fields(",", maxSplits: 9, omittingEmpty: false)
      guard fields.count > 8, let count = Int(fields[current]) else {
        throw unexpected("show stat", String(line))
      }
      sessions["\(fields[backend])/\(fields[server])"] = count.clampedToJSON
    }
    return sessions
  }

  /// The refused servers, as `BACKEND/SERVER`, from `show stat`. A refused server has agent health
  /// 0. Fields before the health may be quoted and contain commas.
  public static func refused(_ text: String) throws(Fault) -> Set<String> {
    let lines = text[...].fields("\n")
    guard let heading = lines.first, heading.hasPrefix("# ") else {
      throw unexpected("show stat", text)
    }
    let names = heading.dropFirst(2).fields(",", omittingEmpty: false)
    guard let backend = names.firstIndex(of: "pxname"), let server = names.firstIndex(of: "svname"),
      let health = names.firstIndex(of: "agent_health")
    else { throw unexpected("show stat", String(heading)) }
    var refused: Set<String> = []
    for line in lines.dropFirst() {
      let fields = line.quotedFields
      guard fields.count > max(backend, server, health) else {
        throw unexpected("show stat", String(line))
      }
      if fields[health] == "0" { refused.insert("\(fields[backend])/\(fields[server])") }
    }
    return refused
  }

  /// Connections and requests that the frontend's rules refused since it was started, from `show
  /// stat`.
  public static func refusals(of frontend: String, _ text: String) throws(Fault) -> Int64 {
    let lines = text[...].fields("\n")
    guard let heading = lines.first, heading.hasPrefix("# ") else {
      throw unexpected("show stat", text)
    }
    let names = heading.dropFirst(2).fields(",", omittingEmpty: false)
    for line in lines.dropFirst() {
      let row = Dictionary(zip(names, line.quotedFields)) { first, _ in first }
      guard row["pxname"] == Substring(frontend) else { continue }
      let counts = ["dcon", "dses", "dreq"].compactMap { row[$0].flatMap { Int64($0) } }
      guard counts.count == 3 else { throw unexpected("show stat", String(line)) }
      return counts.reduce(0) { $0.addingClamped($1) }
    }
    throw unexpected("show stat", text)
  }

  /// `key=value` pairs of the entry with this key in `show table`; nil when it has none.
  public static func tableEntry(_ key: String, _ text: String) -> [String: String]? {
    for line in text[...].fields("\n") {
      let pairs = line.fields(" ").compactMap { word -> (String, String)? in
        let parts = word.split(separator: "=", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
      }
      let entry = Dictionary(pairs) { first, _ in first }
      if entry["key"] == key { return entry }
    }
    return nil
  }

  /// How many sessions were served and stand in no log, as the table of the log's numbers counts
  /// them.
  public static func untold(_ text: String) -> Int64 {
    // The table has no line before the first request.
    tableEntry("n", text)?["gpc1"].flatMap { Int64($0) } ?? 0
  }

  private static func unexpected(_ command: String, _ text: String) -> Fault {
    let line = text[...].fields("\n").first ?? ""
    return Fault(message: "\(command) was answered with \"\(line.prefix(200))\"")
  }
}

extension Substring {
  /// Fields of a CSV line; a comma between two quotes separates nothing.
  fileprivate var quotedFields: [Substring] {
    var fields: [Substring] = []
    var (start, isQuoted) = (startIndex, false)
    for index in utf8.indices {
      if utf8[index] == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard utf8[index] == UInt8(ascii: ","), !isQuoted else { continue }
      fields.append(self[start..<index])
      start = utf8.index(after: index)
    }
    return fields + [self[start...]]
  }

  /// By bytes: by characters an answer of 10 kB takes as long to read as HAProxy takes to give it.
  fileprivate func fields(
    _ separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmpty: Bool = true
  ) -> [Substring] {
    utf8.split(
      separator: UInt8(ascii: separator), maxSplits: maxSplits,
      omittingEmptySubsequences: omittingEmpty
    ).map { Substring($0) }
  }
}
