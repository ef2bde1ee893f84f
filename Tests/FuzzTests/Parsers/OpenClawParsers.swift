import SluiceCore
import SluicePorts
import SluiceSystem

@testable import SluiceOpenClaw

/// Answers of OpenClaw's program and of its gateway.
extension FuzzParser {
  /// The first byte says how the program ended and how much went to standard error, the second one
  /// which command was asked.
  static let openclawCommand = FuzzParser(
    "openclaw-command", maximumBytes: 1_024, words: ["OpenClaw 2026.9.6 (eb377ac)", "{\"", "\":"]
  ) { bytes in
    guard bytes.count > 1 else { return }
    let (kind, rest) = (bytes[0], bytes.dropFirst(2))
    let commands = OpenClawCommand.allCases
    let command = commands[Int(bytes[1]) % commands.count]
    let split = kind & 0x10 == 0 ? rest.count : rest.count / 2
    let output = CommandOutput(
      exit: kind & 1 == 0 ? Int32(kind >> 5) : nil, standardOutput: Array(rest.prefix(split)),
      standardError: Array(rest.dropFirst(split)), timedOut: kind & 2 != 0,
      wasTruncated: kind & 4 != 0, endedAfterAnswer: kind & 8 != 0)
    _ = CommandReaders.isWhole(output.standardOutput, to: command)
    switch command {
    case .version:
      if let version = CommandReaders.version(output) {
        _ = DialectChoice.nearest(to: version).profile
      }
      _ = CommandReaders.isVersionDocument(output)
    case .doctor:
      let findings = CommandReaders.doctor(output)?.findings ?? []
      try require(findings.allSatisfy { $0.severity != .info }, "a remark became a finding")
    case .config:
      for isLint in [false, true] {
        for fault in CommandReaders.configuration(output, isLint: isLint) ?? [] {
          try line(fault, 700)
        }
      }
    case .status: _ = CommandReaders.status(output)?.pid
    case .skills: _ = (CommandReaders.skills(output), CommandReaders.skill(output))
    case .queue:
      if let depth = CommandReaders.queueDepth(output) {
        try require(depth >= 0, "a queue has \(depth) entries")
      }
    case .suspend: _ = CommandReaders.suspension(output)?.active
    case .resume: _ = CommandReaders.resumed(output)
    }
    _ = (output.reason, output.isNotOffered, output.ending)
  }

  /// The first byte chooses the content type, and whether the status is 200 or 503.
  static let openclawHTTP = FuzzParser(
    "openclaw-http", maximumBytes: 1_024,
    words: [
      "\"status\":", "\"ready\":", "\"failing\":", "\"uptimeMs\":", "\"error\":", "\"code\":",
    ]
  ) { bytes in
    let kind = bytes.first ?? 0
    let types = ["application/json", "application/json; charset=utf-8", "text/html", ""]
    let answer = ProbeAnswer(
      status: kind & 4 == 0 ? 200 : 503, contentType: types[Int(kind & 3)],
      body: Array(bytes.dropFirst()))
    if case .starting(let why)? = ProbeReaders.startup(answer) { try line(why) }
    _ = (ProbeReaders.knowsStartup(answer), ProbeReaders.uptime(answer))
    if case .started(let failing) = ProbeReaders.readiness(answer) {
      try require(failing.count <= 64, "\(failing.count) components fail")
      for component in failing { try line(component) }
    }
    if case .refused(let why) = ProbeReaders.forwarded(answer) { try line(why) }
    _ = (ProbeReaders.withholdsDetails(answer), ProbeReaders.isAlive(answer))
    _ = ProbeReaders.isClosed(answer)
  }

  static let openclawFrame = FuzzParser(
    "openclaw-frame", maximumBytes: 2_048,
    words: ["\"type\":\"res\"", "\"type\":\"event\"", "\"payload\":", "\"error\":", "\"details\":"]
  ) { bytes in
    if let envelope = JSONText.decode(Frames.Envelope.self, bytes) {
      if let event = envelope.event, case .shutdown(let why)? = GatewayEvents.news(event, bytes) {
        try line(why)
      }
      if let refusal = envelope.error {
        _ = (refusal.isPassing, refusal.retryAfterMs.map { $0 / 1000 + 1 })
      }
    }
    func payload<Value: Decodable>(_ type: Value.Type) -> Value? {
      JSONText.decode(Frames.Payload<Value>.self, bytes)?.payload
    }
    if let hello = payload(Frames.Hello.self) { _ = (hello.isSuspended, hello.offer.methods) }
    if let skills = payload(Frames.Skills.self) {
      for skill in skills.skills { _ = skill.description.flatMap { Marker(description: $0) } }
    }
    if let runs = payload(Frames.Runs.self) {
      let rows = runs.events.map { $0.row("salt") }
      let page = RunPage(rows, after: rows.first?.cursor, limit: 2)
      try require(page.rows.count <= 2, "a page has \(page.rows.count) rows")
      try require(
        rows.allSatisfy { $0.sequence == $0.sequence.clampedToJSON }, "a row cannot be written")
    }
    if let lanes = payload(Frames.Lanes.self) {
      _ = lanes.lanes.map { max(0, $0.queuedCount) }.clampedSum().clampedToJSON
    }
    _ = payload(Frames.Suspension.self)?.active
    _ = (payload(Frames.SystemInfo.self), payload(Frames.Resumed.self))
    _ = (payload(Frames.RestartAnswer.self), payload(Frames.ChatStarted.self))
    _ = payload(Frames.ChatProgress.self)
  }

  /// The token's file up to the first zero byte, behind it a text that may repeat the token.
  static let openclawToken = FuzzParser("openclaw-token", maximumBytes: 256) { bytes in
    let file = bytes.prefix { $0 != 0 }
    let text = String(decoding: bytes.dropFirst(file.count + 1), as: UTF8.self)
    try line(text.shown)
    guard let token = try? GatewayToken(Array(file), file: "token") else { return }
    let clean = token.removed(from: text + token.secret + text)
    try require(
      clean.utf8.count < token.secret.utf8.count
        || !Self.contains(token.secret, in: clean.replacing("<token>", with: "\n")),
      "the token is left in a text")
  }

  private static func contains(_ part: String, in text: String) -> Bool {
    let (part, text) = (Array(part.utf8), Array(text.utf8))
    guard part.count <= text.count else { return false }
    return (0...(text.count - part.count)).contains { text[$0...].starts(with: part) }
  }

  static let programText = FuzzParser(
    "program-text", maximumBytes: 1_024,
    words: ["\u{1B}[0m", "\u{1B}]0;", "\u{FEFF}", "\r\n", "{\""]
  ) { bytes in
    let text = ProgramText(bytes)
    try require(text.bytes.count <= bytes.count, "a text has grown")
    // One look at each takes all bytes: a few are enough.
    for (index, document) in text.documents.prefix(3).enumerated() {
      try require(
        document.first == UInt8(ascii: "{") && document.last == UInt8(ascii: "}"),
        "a document is no object")
      let compact = ProgramText.compact(document)
      try require(ProgramText.compact(compact) == compact, "a compact document is compacted again")
      if let noise = text.noise(around: index) {
        try require(noise.start.utf8.count <= 300, "\(noise.start.utf8.count) bytes are shown")
      }
    }
    for line in text.lines { try require(!line.contains("\n"), "a line holds a line feed") }
    try require(ProgramText(text.bytes).documents.count >= 0, "a plain text cannot be read")
  }

  /// The limit on somebody else's words in a message.
  private static func line(_ text: String, _ limit: Int = 301) throws {
    try require(
      text.unicodeScalars.count <= limit, "\(text.unicodeScalars.count) characters are shown")
    try require(
      text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control },
      "a control character is shown")
  }
}
