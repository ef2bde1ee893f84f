import SluiceSystem

/// `launchctl` as argument lists and as text: pure. Its output is no stable interface, so only
/// unambiguous values count.
struct Launchctl: Sendable, Hashable {
  /// Such as `system` or `gui/501`.
  let domain: String
  let label: String

  var target: String { "\(domain)/\(label)" }

  var printing: [String] { ["print", target] }
  var printingDisabled: [String] { ["print-disabled", domain] }
  /// Starts it when it does not run.
  var starting: [String] { ["kickstart", "-p", target] }
  /// Ends it when it runs, and starts it: one restart. `-p` prints the new pid.
  var restarting: [String] { ["kickstart", "-kp", target] }

  /// Takes the job out, whatever its KeepAlive says; and in again.
  var unloading: [String] { ["bootout", target] }
  func loading(_ plist: String) -> [String] { ["bootstrap", domain, plist] }

  func signalling(_ name: String) -> [String] { ["kill", name, target] }

  // MARK: Reading

  /// Exit codes of `print` for a service that is not bootstrapped.
  private static let absentCodes: Set<Int32> = [3, 113]

  /// Reads what `print` wrote. Only lines at the root of its answer, `\tkey = value`, are read: a
  /// deeper one of the same key belongs to something else.
  static func reading(exit code: Int32, output: String, errors: String) -> ServiceReading {
    if absentCodes.contains(code), errors.contains("Could not find service") { return .absent }
    guard code == 0 else {
      return .unknown("launchctl print ended with \(code) \(explanation(code))")
    }
    let properties = properties(output)
    if let fault = properties.fault("state") { return .unknown(fault) }
    let state = properties.values["state"] ?? ""
    if properties.duplicates.contains("pid") { return .unknown("\"pid\" is there twice") }
    let pid = properties.values["pid"].map { Int32($0) ?? 0 }
    switch (state, pid) {
    case ("running", .some(let pid)) where pid > 0: return .running(pid: pid)
    case ("not running", nil), ("exited", nil), ("waiting", nil):
      return .stopped(exitCode: exitCode(properties))
    // The job crashed. launchd starts the job again after ThrottleInterval (10 s unless the job
    // says).
    case ("spawn scheduled", nil):
      return .pending(words(properties) ?? state, exitCode: exitCode(properties))
    default: return .unknown("state is \"\(state)\", pid \(pid.map(String.init) ?? "missing")")
    }
  }

  private static func properties(_ output: String) -> ServiceProperties {
    var properties = ServiceProperties()
    for line in ProgramText(Array(output.utf8)).text.split(separator: "\n") {
      guard line.hasPrefix("\t"), !line.hasPrefix("\t\t"),
        let equals = line.firstRange(of: " = ")
      else { continue }
      properties.add(line[..<equals.lowerBound].dropFirst(), line[equals.upperBound...])
    }
    return properties
  }

  /// `78`, or `78: EX_CONFIG` on newer systems; nil for `(never exited)`.
  private static func exitCode(_ properties: ServiceProperties) -> Int32? {
    guard properties.fault("last exit code") == nil else { return nil }
    return properties.values["last exit code"]?.split(separator: ":").first.flatMap { Int32($0) }
  }

  /// The lines of `print` with the service's condition, in launchd's own words, for a message.
  private static func words(_ properties: ServiceProperties) -> String? {
    let keys = [
      "state", "job state", "last exit code", "last exit reason", "last terminating signal", "runs",
    ]
    let told = keys.compactMap { key in
      properties.values[key].map { "\(key) = \($0.prefix(60))" }
    }
    return told.isEmpty ? nil : told.joined(separator: ", ")
  }

  static func words(of output: String) -> String? { words(properties(output)) }

  /// Whether `print-disabled` says that the label is: `"label" => disabled`, `=> true` in older
  /// ones.
  func isDisabled(in output: String) -> Bool {
    let lines = ProgramText(Array(output.utf8)).lines.filter { $0.hasPrefix("\"\(label)\" =>") }
    return !lines.isEmpty
      && lines.allSatisfy { $0.hasSuffix("=> disabled") || $0.hasSuffix("=> true") }
  }

  /// The pid that `kickstart -p` prints, alone or at the end of its line; nil when it cannot be
  /// told.
  static func startedPid(_ output: String) -> Int32? {
    let lines = ProgramText(Array(output.utf8)).lines
    guard lines.count == 1, let word = lines[0].split(separator: " ").last,
      let pid = Int32(word), pid > 0
    else { return nil }
    return pid
  }

  // MARK: Exit codes

  /// Exit codes after which the same call may succeed a little later: what went before is not over
  /// in launchd yet, or the domain has just come.
  static func meansAgain(_ code: Int32) -> Bool { [5, 16, 36, 37, 125].contains(code) }

  static let disabledCode: Int32 = 119

  /// The meaning of launchctl's exit codes, as far as they were observed.
  static func explanation(_ code: Int32) -> String {
    switch code {
    case 3, 113: "(the service is not loaded)"
    case 5: "(input/output error: often the end of the old process is still pending)"
    case 16: "(busy)"
    case 36: "(an operation is in progress now)"
    case 37: "(an operation is already in progress)"
    case 119: "(the service is disabled)"
    case 125: "(the domain cannot be reached from here: ssh has no gui domain)"
    case 130: "(it is loaded already)"
    default: ""
    }
  }
}
