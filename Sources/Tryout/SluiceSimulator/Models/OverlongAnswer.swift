import SluiceCore
import SluiceEngine
import SluiceJSON
import SluicePorts
import SluiceSystem

/// Ways in which an answer is too much: of a hostile host, or of one whose Doctor has no end.
enum OverlongAnswer: CaseIterable, Sendable {
  case long, many, deep, accents, controls

  static func draw(_ random: inout SplitMix64) -> OverlongAnswer {
    allCases[random.index(below: allCases.count)]
  }

  /// The answer as the host gives it now, and as a link hears it.
  func swell(_ answer: Result<Answer, PortError>, of host: HostName)
    -> Result<Answer, PortError>
  {
    switch answer {
    case .failure(var error):
      error.message += text
      error.remedy = text
      return .failure(error.heard)
    case .success(let said):
      do {
        switch said {
        case .host(let answer): return .success(.host(try swell(answer)))
        case .report(let report): return .success(.report(try swell(report)))
        case .balancer, .awake, .archived: return answer
        }
      } catch {
        return .failure(
          PortError(.unknown, "\(host) gave an answer that cannot be read (\(error))"))
      }
    }
  }

  /// More than twice the limit of a text (`SpeechLimits`); a longer text would only cost time.
  private var text: String {
    switch self {
    case .long, .deep: String(repeating: "no end of it, ", count: 100)
    case .many: "one of many"
    case .accents: "e" + String(repeating: "\u{301}", count: 700)
    case .controls: String(repeating: "\u{1}\"\\", count: 400)
    }
  }

  private func swell(_ answer: HostAnswer) throws -> HostAnswer {
    if self == .deep { return try .heard(Self.bottomless) }
    switch answer {
    case .probe(let probe): return try HostAnswer.probe(swell(probe)).heard()
    case .survey(var survey):
      survey.infra.dirty += Array(repeating: text, count: count)
      survey.probe = swell(survey.probe)
      return try HostAnswer.survey(survey).heard()
    case .outcome, .checked, .runs, .findings, .inventory, .tenants: return try answer.heard()
    }
  }

  private func swell(_ report: HostReport) throws -> HostReport {
    if self == .deep { return try .heard(Self.bottomless) }
    switch report {
    case .swung(var swung):
      swung.notes = Array(repeating: text, count: count)
      swung.probe = swell(swung.probe)
      return try HostReport.swung(swung).heard()
    case .placed(var placed):
      placed.tenants += (0..<count).map { "\(text)\($0)" }
      return try HostReport.placed(placed).heard()
    case .accepted, .discarded, .tried, .disarmed: return try report.heard()
    }
  }

  private var count: Int { self == .many ? 120 : 1 }

  /// Nested deeper than anything that is read.
  private static let bottomless = (0..<30).reduce(JSONValue.null) { inner, _ in
    ["outcome": ["report": inner]]
  }

  /// Makes the answer longer without changing its meaning.
  private func swell(_ probe: MergedProbe) -> MergedProbe {
    var probe = probe
    probe.traffic = MergedProbe.Traffic(
      toldAt: nil, intervalMilliseconds: nil, busy: Array(repeating: text, count: count), quiet: [])
    for index in 0..<count {
      probe.reasons.append(.init(check: "skills", level: .ok, message: text))
      let doctor = MergedProbe.Doctor(status: .green, findings: 0, accepted: 0, new: [text])
      probe.doctor["\(text)\(index)"] = doctor
    }
    return probe
  }
}
