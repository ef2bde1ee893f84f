import SluiceCore
import SluiceJSON
import SluicePorts

@testable import SluiceAgentClient

/// Messages between the writer and the agents of the hosts.
extension FuzzParser {
  static let linkFrame = FuzzParser("link-frame", maximumBytes: 512) { bytes in
    var rest = bytes[...]
    while true {
      let before = rest
      let payload: [UInt8]
      do throws(AgentFrame.Fault) { payload = try AgentFrame.take(from: &rest) } catch {
        try require(before == rest, "bytes are gone though there was no frame in them")
        if case .foreign(let shown) = error {
          try require(shown.count <= 80, "\(shown.count) bytes of a stranger are shown")
        }
        return
      }
      try require(
        AgentFrame.bytes(payload).map { $0 + rest } == Array(before),
        "a frame is not what it would be written as")
      for count in [0, 1, 3, 4, payload.count + 3] where count < before.count {
        var cut = before.prefix(count)
        try require((try? AgentFrame.take(from: &cut)) == nil, "half a frame is taken for one")
      }
    }
  }

  static let linkRequest = FuzzParser("link-request", maximumBytes: 2_048) { bytes in
    if let hello = AgentHello.read(bytes) {
      try require(
        hello.sluice.utf8.count <= Speech.bytes, "a version has \(hello.sluice.utf8.count) bytes")
      _ = hello.refusal(host: HostName("mac-a"), sluice: "1", at: "a host")
    }
    guard let request = try? CanonicalJSON.decode(AgentRequest.self, from: bytes) else { return }
    var frame = try request.frame()[...]
    let again = try CanonicalJSON.decode(AgentRequest.self, from: try AgentFrame.take(from: &frame))
    try require(again == request, "a request reads as another one")
    _ = (request.remedyOfSilence, Duration.milliseconds(request.deadlineMilliseconds))
  }

  static let linkReply = FuzzParser("link-reply", maximumBytes: 2_048) { bytes in
    let order = AgentRequest(
      sluice: "1", host: HostName("mac-a"), id: OperationID(rawValue: "p/1"), epoch: Epoch(1),
      deadlineMilliseconds: 1_000, operation: .accept([]))
    if let report = try taken({ () throws(PortError) in
      try AgentReply.report(bytes, to: order, from: "mac-a")
    }) {
      try heard(report)
    }
    // The same reply as the answer to a query that has the order's id.
    var query = AgentRequest(
      sluice: "1", host: HostName("mac-a"), deadlineMilliseconds: 1_000, query: .probe())
    (query.id, query.epoch) = (order.id, order.epoch)
    if let answer = try taken({ () throws(PortError) in
      try AgentReply.answer(bytes, to: query, from: "mac-a")
    }) {
      try heard(answer)
    }
    guard let reply = try? CanonicalJSON.decode(AgentReply.self, from: bytes) else { return }
    var frame = (reply.frame ?? [])[...]
    let again = try CanonicalJSON.decode(AgentReply.self, from: try AgentFrame.take(from: &frame))
    try require(again == reply, "a reply reads as another one")
  }

  static let nodeReport = FuzzParser("node-report", maximumBytes: 2_048) { bytes in
    guard let value = try? JSONValue.parse(bytes) else { return }
    if let report = try? HostReport.heard(value) { try heard(report) }
    if let answer = try? HostAnswer.heard(value) { try heard(answer) }
  }

  /// Nil where it was refused; the error is bounded then.
  private static func taken<Said>(_ read: () throws(PortError) -> Said) throws -> Said? {
    do throws(PortError) { return try read() } catch {
      try require(
        error.message.utf8.count <= 2_048, "an error has \(error.message.utf8.count) bytes")
      return nil
    }
  }

  /// The part of a host's words that is kept is bounded, and keeping it a second time changes nothing.
  private static func heard<Said: HostSpeech & Equatable>(_ said: Said) throws {
    try require((try? said.heard()) == said, "what was heard once is cut again")
    let value = try CanonicalJSON.encode(said)
    let bytes = value.canonicalBytes()
    try require(
      (try? CanonicalJSON.decode(Said.self, from: bytes)) == said,
      "what a host said reads as something else")
    if case .object(let members) = value, members.keys.allSatisfy(Said.widelyRead.contains) {
      return
    }
    try require(bytes.count <= 48 << 10, "what a host said takes \(bytes.count) bytes of a ledger")
  }

  static let authorizedKey = FuzzParser(
    "authorized-key", maximumBytes: 256, words: ["ssh-ed25519 ", "ssh-rsa ", "\n"]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    guard
      let line = try? AuthorizedKey.line(
        key: text, from: "key", program: "/bin/sluice", socket: "/run/agent.sock")
    else { return }
    try require(
      line.hasPrefix("restrict,command=\"/bin/sluice node --stdio --socket /run/agent.sock\" ")
        && line.utf8.allSatisfy { (0x20...0x7E).contains($0) },
      "a key's line holds more than the key")
  }
}
