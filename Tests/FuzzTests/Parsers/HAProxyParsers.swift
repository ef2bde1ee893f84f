import SluiceCore
import SluiceJSON
import SluicePorts

@testable import SluiceHAProxy

/// HAProxy's answers, and the files that Sluice keeps for it.
extension FuzzParser {
  static let haproxyReply = FuzzParser(
    "haproxy-reply", maximumBytes: 2_048,
    words: [
      "# pxname,svname,", "agent_health", "found=yes", ", value=\"", "be_name srv_name ", "Pid: ",
      "Uptime_sec: ", "Version: ", "roxy version ", "[ALERT] ", "SLUICE_RUN=", "key=",
    ]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    for count in [0, 1, 3] {
      if let replies = RuntimeReply.split(text, count: count) {
        try require(replies.count == count, "\(replies.count) answers to \(count) commands")
      }
    }
    _ = try? RuntimeReply.confirm(text)
    _ = try? RuntimeReply.mapValue(text)
    _ = try? RuntimeReply.servers(text)
    let sessions = try? RuntimeReply.sessions(text)
    let refused = try? RuntimeReply.refused(text)
    if let sessions, let refused { _ = refused.isSubset(of: sessions.keys) }
    for count in (sessions ?? [:]).values { try same(count) }
    if let up = (try? RuntimeReply.info(text))?.upSeconds { try same(up) }
    _ = (RuntimeReply.variable("SLUICE_RUN", text), RuntimeReply.tableEntry("n", text))
    if let version = HAProxyProgram.Version(text) { _ = version < HAProxyProgram.minimum }
    if let alert = HAProxyProgram.alert(in: text) {
      try require(alert.count <= 300, "an alert has \(alert.count) characters")
    }
  }

  static let haproxyFile = FuzzParser(
    "haproxy-file", maximumBytes: 512,
    words: ["state ", "sluice.haproxy/1", ":500:", " 1\n", " 2\n"]
  ) { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    let secret = FleetSecret.blank
    if let weights = StateMap.parse(file: text, secret) {
      let written = try StateMap.file(weights, secret)
      try require(StateMap.parse(file: written, secret) == weights, "weights read as other ones")
      // Both go up by one with a change, and stand in the ledger.
      let next = Weights(
        share: weights.share, pinEpoch: weights.pinEpoch + 1, generation: weights.generation + 1)
      try same(next)
    }
    if let epoch = ManagedHAProxy.epoch(in: text) { try same(Epoch(epoch)) }
    let held = HoldMap.parse(file: text)
    try require(HoldMap.parse(file: HoldMap.file(held)) == held, "a hold reads as another one")
    if let record = try? ProcessRecord.decode(bytes, "file") {
      let written = try record.encoded()
      try require((try? ProcessRecord.decode(written, "file")) == record, "a record changes")
    }
    if let secret = try? FleetSecret.decode(text, "file") {
      try require(secret.fileText.lowercased() == text.lowercased(), "a secret changes")
    }
  }

  /// A number from HAProxy can be written to the ledger.
  private static func same<Value: Codable & Equatable>(_ value: Value) throws {
    let read = (try? CanonicalJSON.bytes([value])).flatMap {
      try? CanonicalJSON.decode([Value].self, from: $0)
    }
    try require(read == [value], "\(value) cannot be written to a ledger")
  }
}
