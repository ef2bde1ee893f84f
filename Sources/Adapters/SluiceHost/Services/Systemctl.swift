import SluiceSystem

/// `systemctl` as argument lists and as text: pure.
struct Systemctl: Sendable, Hashable {
  let unit: String
  /// A unit of the user's own manager.
  let isUser: Bool

  private var scope: [String] { isUser ? ["--user"] : [] }

  var showing: [String] {
    scope + [
      "show", "--no-pager",
      "--property=LoadState,ActiveState,SubState,MainPID,ExecMainStatus,Result", unit,
    ]
  }
  var starting: [String] { scope + ["start", "--no-ask-password", unit] }
  var stopping: [String] { scope + ["stop", "--no-ask-password", unit] }
  /// One job: systemd ends the old process and starts the new one.
  var restarting: [String] { scope + ["restart", "--no-ask-password", unit] }
  var killing: [String] { scope + ["kill", "--signal=SIGKILL", unit] }

  private var command: String { (["systemctl"] + scope).joined(separator: " ") }

  /// Why a start cannot succeed in the unit's present condition, and the remedy; nil where a start
  /// may succeed.
  func obstacle(to output: String) -> (why: String, remedy: String)? {
    let values = Self.properties(output).values
    if values["LoadState"] == "masked" {
      return (
        "is masked, so systemd does not start it", "Unmask it:  \(command) unmask \(unit)"
      )
    }
    if values["ActiveState"] == "failed", values["Result"] == "start-limit-hit" {
      return (
        "crashed too often in a row, so systemd does not start it again (start-limit-hit, last exit "
          + "code \(values["ExecMainStatus"] ?? "unknown"))",
        "See why in the journal, mend it, then:  \(command) reset-failed \(unit)"
      )
    }
    return nil
  }

  private static func properties(_ output: String) -> ServiceProperties {
    var properties = ServiceProperties()
    for line in ProgramText(Array(output.utf8)).text.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      properties.add(line[..<equals], line[line.index(after: equals)...])
    }
    return properties
  }

  /// Reads what `show` wrote: `Key=value` lines.
  static func reading(exit code: Int32, output: String) -> ServiceReading {
    guard code == 0 else { return .unknown("systemctl show ended with \(code)") }
    let properties = properties(output)
    for key in ["LoadState", "ActiveState", "SubState", "MainPID"] {
      if let fault = properties.fault(key) { return .unknown(fault) }
    }
    let values = properties.values
    if values["LoadState"] == "not-found" { return .absent }
    let active = values["ActiveState"] ?? ""
    guard let pid = values["MainPID"].flatMap({ Int32($0) }), pid >= 0 else {
      return .unknown("MainPID is no number")
    }
    switch (active, pid > 0) {
    case ("active", true): return .running(pid: pid)
    case ("inactive", false), ("failed", false):
      return .stopped(exitCode: values["ExecMainStatus"].flatMap { Int32($0) })
    case ("activating", false) where values["SubState"] == "auto-restart":
      return .pending(
        "activating (auto-restart)", exitCode: values["ExecMainStatus"].flatMap { Int32($0) })
    // Other `activating` and `deactivating` too: it changes right now.
    default:
      return .unknown(
        "ActiveState is \"\(active)\", SubState \"\(values["SubState"] ?? "")\", MainPID \(pid)")
    }
  }
}
