import SluicePorts

/// Why a gateway ended that had just been started, where it says so: OpenClaw ends with 78 when no
/// further start would go better.
struct StartRefusal {
  let status: ServiceStatus

  init(_ status: ServiceStatus) { self.status = status }

  private static let refusalCode: Int32 = 78
  private static let newerState = "uses newer schema version"

  /// Nil where nothing says that waiting is in vain.
  var refusal: PortError? {
    if let line = line(with: Self.newerState) {
      return PortError(
        .failed,
        "OpenClaw refuses to start (exit code 78): its state was written by a newer build: \(line)",
        remedy:
          "Put the state of that build's time in place: stop the service, move the state away, "
          + "and rename the copy <state>.sluice-… (see state-copies.json) to its place. Or go forward "
          + "again to the build that wrote it.")
    }
    guard status.lastExitCode == Self.refusalCode else { return nil }
    let words = line(with: "Gateway failed to start") ?? "see its log"
    return PortError(
      .failed, "OpenClaw refuses to start (exit code 78): \(words)",
      remedy:
        "It is a bad configuration, a state that a newer build wrote, or another process that "
        + "owns the state: see  openclaw doctor")
  }

  /// The last line that says so, without what it has no end of.
  private func line(with text: String) -> String? {
    guard let line = status.lastWords?.split(separator: "\n").last(where: { $0.contains(text) })
    else { return nil }
    let kept = line.prefix(300)
    // The sentence that it is quoted in has its own full stop.
    return String(kept.hasSuffix(".") ? kept.dropLast() : kept)
  }
}
