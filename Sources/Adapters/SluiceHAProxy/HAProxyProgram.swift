import SluicePorts
import SluiceSystem

/// The installed HAProxy.
struct HAProxyProgram: Sendable {
  let path: String
  let version: Version

  struct Version: Sendable, Hashable, Comparable, CustomStringConvertible {
    var major: Int
    var minor: Int
    var description: String { "\(major).\(minor)" }

    static func < (left: Version, right: Version) -> Bool {
      (left.major, left.minor) < (right.major, right.minor)
    }

    /// From the first line of `haproxy -v`: `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - …`, in
    /// old ones `HA-Proxy version 1.8.19 2019/02/11`.
    init?(_ output: String) {
      guard let number = output.firstRange(of: "roxy version ")?.upperBound else { return nil }
      let parts = output[number...].prefix { !$0.isWhitespace && $0 != "-" }.split(separator: ".")
      guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]) else {
        return nil
      }
      self.major = major
      self.minor = minor
    }

    init(_ major: Int, _ minor: Int) {
      self.major = major
      self.minor = minor
    }
  }

  static let minimum = Version(2, 6)

  static let installation =
    Platform.current == .macOS ? "brew install haproxy" : "apt-get install haproxy"

  /// The program that the fleet names, or the first `haproxy` on the search path.
  static func find(_ named: String?) async throws(PortError) -> HAProxyProgram {
    guard let path = named ?? Processes.find("haproxy") else {
      throw PortError(
        .refused, "HAProxy is not installed: no haproxy on the search path",
        remedy: "Install it:  \(installation)   or name it as balancer.program in sluice.yaml.")
    }
    let outcome: ProcessOutcome
    do throws(SystemError) {
      outcome = try await Processes.run(ProcessCommand(path, ["-v"], deadline: .seconds(5)))
    } catch {
      throw PortError(
        .refused, "HAProxy cannot be run: \(error)",
        remedy: "Install it:  \(installation)   or mend balancer.program in sluice.yaml.")
    }
    guard outcome.succeeded, let version = Version(outcome.outputText) else {
      throw PortError(
        .refused, "\(path) -v does not say which HAProxy it is",
        remedy: "Name an HAProxy as balancer.program in sluice.yaml, or install it:  "
          + installation)
    }
    guard version >= minimum else {
      throw PortError(
        .refused, "\(path) is HAProxy \(version), and Sluice needs \(minimum) or later",
        remedy: "Install a newer one:  \(installation)")
    }
    return HAProxyProgram(path: path, version: version)
  }

  /// HAProxy's own check of a configuration file. Only the exit code counts, because the messages
  /// differ from version to version.
  func check(_ configuration: String) async throws(PortError) {
    let outcome: ProcessOutcome
    do throws(SystemError) {
      outcome = try await Processes.run(
        ProcessCommand(path, ["-c", "-f", configuration], deadline: .seconds(20)))
    } catch { throw PortError(.failed, "HAProxy cannot check its configuration: \(error)") }
    guard !outcome.succeeded else { return }
    let alert = Self.alert(in: outcome.errorText) ?? "it exits \(outcome.termination)"
    throw PortError(
      .failed, "HAProxy does not accept \(configuration): \(alert)",
      remedy: "Check hosts and balancer in sluice.yaml. HAProxy \(version) said the rest:  "
        + "\(path) -c -f \(configuration)")
  }

  /// The first `[ALERT]` line's text.
  static func alert(in text: String) -> String? {
    text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("[ALERT]") }.map { line in
      let rest = line.drop { $0 != ":" }.dropFirst()
      return String((rest.isEmpty ? line : rest).drop { $0 == " " }.prefix(300))
    }
  }
}
