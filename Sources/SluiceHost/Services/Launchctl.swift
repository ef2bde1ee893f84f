/// `launchctl` as argument lists and as text: pure. Its output is no interface, so only what is
/// certain counts (`facts/ledger-and-faults.md` B).
struct Launchctl: Sendable, Hashable {
  /// Such as `system` or `gui/501`.
  let domain: String
  let label: String

  var target: String { "\(domain)/\(label)" }

  var printing: [String] { ["print", target] }
  /// Starts it when it does not run.
  var starting: [String] { ["kickstart", "-p", target] }
  /// Ends it when it runs, and starts it: one restart. `-p` prints the new pid.
  var restarting: [String] { ["kickstart", "-kp", target] }

  /// Takes the job out, whatever its KeepAlive says; and in again.
  var unloading: [String] { ["bootout", target] }
  func loading(_ plist: String) -> [String] { ["bootstrap", domain, plist] }

  func signalling(_ name: String) -> [String] { ["kill", name, target] }

  /// Exit codes of `print` for a service that is not bootstrapped.
  private static let absentCodes: Set<Int32> = [3, 113]

  /// Reads what `print` wrote. Only lines at the root of its answer, `\tkey = value`, are read: a
  /// deeper one of the same key belongs to something else.
  static func reading(exit code: Int32, output: String, errors: String) -> ServiceReading {
    if absentCodes.contains(code), errors.contains("Could not find service") { return .absent }
    guard code == 0 else {
      return .unknown("launchctl print ended with \(code) \(explanation(code))")
    }
    var properties = ServiceProperties()
    for line in output.split(separator: "\n") {
      guard line.hasPrefix("\t"), !line.hasPrefix("\t\t"),
        let equals = line.firstRange(of: " = ")
      else { continue }
      properties.add(line[..<equals.lowerBound].dropFirst(), line[equals.upperBound...])
    }
    if let fault = properties.fault("state") { return .unknown(fault) }
    let state = properties.values["state"] ?? ""
    if properties.duplicates.contains("pid") { return .unknown("\"pid\" is there twice") }
    let pid = properties.values["pid"].map { Int32($0) ?? 0 }
    switch (state, pid) {
    case ("running", .some(let pid)) where pid > 0: return .running(pid: pid)
    case ("not running", nil), ("exited", nil), ("waiting", nil):
      return .stopped(exitCode: exitCode(properties))
    default: return .unknown("state is \"\(state)\", pid \(pid.map(String.init) ?? "missing")")
    }
  }

  /// `78`, or `78: EX_CONFIG` on newer systems; nil for `(never exited)`.
  private static func exitCode(_ properties: ServiceProperties) -> Int32? {
    guard properties.fault("last exit code") == nil else { return nil }
    return properties.values["last exit code"]?.split(separator: ":").first.flatMap { Int32($0) }
  }

  /// The pid that `kickstart -p` prints, alone or at the end of its line; nil when it cannot be told.
  static func startedPid(_ output: String) -> Int32? {
    let lines = output.split(separator: "\n").filter { !$0.allSatisfy(\.isWhitespace) }
    guard lines.count == 1, let word = lines[0].split(separator: " ").last,
      let pid = Int32(word), pid > 0
    else { return nil }
    return pid
  }

  /// What launchctl's exit codes mean, as far as they have been seen.
  static func explanation(_ code: Int32) -> String {
    switch code {
    case 3, 113: "(the service is not loaded)"
    case 5: "(input/output error: often the end of the old process is still pending)"
    case 37: "(an operation is already in progress)"
    case 125: "(the domain cannot be reached from here: ssh has no gui domain)"
    case 130: "(it is loaded already)"
    default: ""
    }
  }
}
