/// `systemctl` as argument lists and as text: pure.
struct Systemctl: Sendable, Hashable {
  let unit: String
  /// A unit of the user's own manager.
  let isUser: Bool

  private var scope: [String] { isUser ? ["--user"] : [] }

  var showing: [String] {
    scope + [
      "show", "--no-pager", "--property=LoadState,ActiveState,SubState,MainPID,ExecMainStatus",
      unit,
    ]
  }
  var starting: [String] { scope + ["start", "--no-ask-password", unit] }
  var stopping: [String] { scope + ["stop", "--no-ask-password", unit] }
  /// One job: systemd ends the old process and starts the new one.
  var restarting: [String] { scope + ["restart", "--no-ask-password", unit] }
  var killing: [String] { scope + ["kill", "--signal=SIGKILL", unit] }

  /// Reads what `show` wrote: `Key=value` lines.
  static func reading(exit code: Int32, output: String) -> ServiceReading {
    guard code == 0 else { return .unknown("systemctl show ended with \(code)") }
    var properties = ServiceProperties()
    for line in output.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      properties.add(line[..<equals], line[line.index(after: equals)...])
    }
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
    // `activating` and `deactivating` too: it changes right now.
    default:
      return .unknown(
        "ActiveState is \"\(active)\", SubState \"\(values["SubState"] ?? "")\", MainPID \(pid)")
    }
  }
}
