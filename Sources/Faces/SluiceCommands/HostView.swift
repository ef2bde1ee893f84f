import SluiceArguments
import SluiceCore
import SluicePorts

/// One host as its agent describes it: a line, and under it every check that is not as it should be.
struct HostView {
  let host: HostName
  let arm: Arm?
  let answer: Result<MergedProbe, PortError>
  /// What else there is to say of it: taken out of the balancer, a failed swing.
  var notes: [StyledText] = []

  var tree: TextTree {
    let name = host.rawValue + (arm.map { "  \($0.rawValue)" } ?? "") + "  "
    switch answer {
    case .success(let probe):
      return TextTree(
        StyledText(name) + head(probe),
        (notes + probe.reasons.map(line) + wayBack(probe)).map { TextTree($0) })
    case .failure(let error):
      let text = StyledText(name) + StyledText("silent", .bad) + StyledText("   \(error.message)")
      return TextTree(text, notes.map { TextTree($0) })
    }
  }

  private func head(_ probe: MergedProbe) -> StyledText {
    let tone: Tone = probe.status == .ok ? .good : probe.status == .degraded ? .warning : .bad
    let doctor =
      probe.doctor.values.first.map { "Doctor \($0.status.rawValue) (\($0.accepted) accepted)" }
      ?? "Doctor has not spoken yet"
    let queue = probe.queues.depth.map { "queue \($0)/\(probe.queues.limit)" } ?? "queue not known"
    return StyledText(probe.status.rawValue, tone)
      + StyledText(
        "   \(probe.skills.version ?? "no release")   boot \(boot(probe))   \(doctor)   \(queue)")
      + StyledText("   \(probe.fingerprint.short)", .faint)
  }

  private func wayBack(_ probe: MergedProbe) -> [StyledText] {
    guard let word = probe.wayBack else { return [] }
    return [
      StyledText("way back  ", word.broken ? .bad : .warning) + StyledText(word.message)
    ]
  }

  private func line(_ reason: MergedProbe.Reason) -> StyledText {
    StyledText("\(reason.check)  ", reason.level == .fail ? .bad : .warning)
      + StyledText(reason.message)
  }

  /// The day, when it was not today by the probe's own clock.
  private func boot(_ probe: MergedProbe) -> String {
    guard let started = probe.openclaw.startedAt else { return "not known" }
    let isToday = started.prefix(10) == probe.observedAt.prefix(10)
    return isToday ? String(started.dropFirst(11).prefix(8)) : String(started.prefix(10))
  }
}
