import SluicePorts

/// Why a gateway ended right after its start, if it says so. OpenClaw exits with 78 if a further
/// start would fail too.
struct StartRefusal {
  let status: ServiceStatus

  init(_ status: ServiceStatus) { self.status = status }

  private static let refusalCode: Int32 = 78
  private static let newerState = "uses newer schema version"

  /// Nil if there is no sign that waiting is useless.
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

  /// The last line with this text, at most 300 characters.
  private func line(with text: String) -> String? {
    guard let line = status.lastWords?.split(separator: "\n").last(where: { $0.contains(text) })
    else { return nil }
    let kept = line.prefix(300)
    // The surrounding sentence has its own full stop.
    return String(kept.hasSuffix(".") ? kept.dropLast() : kept)
  }
}
