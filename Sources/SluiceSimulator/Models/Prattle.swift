import SluiceCore
import SluicePorts

/// Ways in which an answer is too much: of a hostile host, or of one whose Doctor has no end.
enum Prattle: CaseIterable, Sendable {
  case long, many, deep, accents, controls

  static func draw(_ random: inout SplitMix64) -> Prattle {
    allCases[random.index(below: allCases.count)]
  }

  /// The answer as the host gives it now, and as a link hears it.
  func swell(_ answer: Result<NodeReport, PortError>, of host: HostName)
    -> Result<NodeReport, PortError>
  {
    switch answer {
    case .failure(var error):
      error.message += text
      error.remedy = text
      return .failure(error.heard)
    case .success(let report):
      do { return .success(try swell(report).heard()) } catch {
        return .failure(
          PortError(.unknown, "\(host) gave an answer that cannot be read (\(error))"))
      }
    }
  }

  /// Many times what is taken of a text; more would only cost the worlds their time.
  private var text: String {
    switch self {
    case .long, .deep: String(repeating: "no end of it, ", count: 500)
    case .many: "one of many"
    case .accents: "e" + String(repeating: "\u{301}", count: 3_000)
    case .controls: String(repeating: "\u{1}\"\\", count: 1_500)
    }
  }

  private func swell(_ report: NodeReport) -> NodeReport {
    if self == .deep {
      return (0..<30).reduce(report) { inner, _ in
        .outcome(
          OperationRecord(
            id: OperationID(rawValue: "p/1"), epoch: Epoch(1), state: .done, report: inner,
            failure: nil))
      }
    }
    let count = self == .many ? 300 : 1
    switch report {
    case .probe(let probe): return .probe(swell(probe, count))
    case .swung(var swung):
      swung.notes = Array(repeating: text, count: count)
      swung.probe = swell(swung.probe, count)
      return .swung(swung)
    case .placed(var placed):
      placed.tenants += (0..<count).map { "\(text)\($0)" }
      return .placed(placed)
    case .survey(var survey):
      survey.infra.dirty += Array(repeating: text, count: count)
      survey.probe = swell(survey.probe, count)
      return .survey(survey)
    default: return report
    }
  }

  /// What it says is no other than before: there is only more of it.
  private func swell(_ probe: MergedProbe, _ count: Int) -> MergedProbe {
    var probe = probe
    for index in 0..<count {
      probe.reasons.append(.init(check: "skills", level: .ok, message: text))
      let doctor = MergedProbe.Doctor(status: .green, findings: 0, accepted: 0, new: [text])
      probe.doctor["\(text)\(index)"] = doctor
    }
    return probe
  }
}
