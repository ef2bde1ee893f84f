import SluiceCore

// 32, what a host may say: no line of the ledger holds more than is taken of an answer.

extension Invariants {
  mutating func checkSpeech(_ outcome: Outcome, _ line: Line) {
    for text in Self.foreignTexts(in: outcome)
    where text.utf8.count > Speech.bytes || text.unicodeScalars.contains(where: { $0 < " " }) {
      expect(
        false, 32, "what a host may say",
        "line \(line.index + 1) holds a text of \(text.utf8.count) bytes from outside")
    }
  }

  private static func foreignTexts(in outcome: Outcome) -> [String] {
    switch outcome {
    case .inspected(let blockers): listed(blockers)
    case .placed(let report): listed(report.tenants)
    case .swung(let report): listed(report.notes ?? []) + texts(in: report.probe)
    case .assessed(let watch):
      watch.hosts.values.flatMap { [$0.reason, $0.runs, $0.bootID, $0.rollbackFault, $0.deadMan] }
        .compactMap(\.self)
    case .verified(let verification):
      verification.faults.values + [verification.balancerFault].compactMap(\.self)
    case .failed(let failure): [failure.message] + [failure.remedy].compactMap(\.self)
    case .applied, .evicted, .waited, .archived, .concluded, .disarmed: []
    }
  }

  private static func texts(in probe: MergedProbe) -> [String] {
    listed(probe.reasons.map(\.message)) + listed(Array(probe.doctor.keys))
      + listed(probe.traffic?.busy ?? []) + listed(probe.traffic?.quiet ?? [])
      + probe.doctor.values.flatMap { listed($0.new) }
  }

  /// A list that is too long is a text that is too long; one text may tell of what was left out.
  private static func listed(_ texts: [String]) -> [String] {
    texts.count <= Speech.elements + 1 ? texts : [texts.joined(separator: " ")]
  }
}
