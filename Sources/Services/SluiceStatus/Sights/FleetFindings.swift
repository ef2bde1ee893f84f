import SluiceCore
import SluiceJSON
import SluicePorts

/// Doctor's findings on the hosts that were asked, and those that a person may accept.
public struct FleetFindings: Sendable {
  /// By name.
  public let hosts: [(name: HostName, result: Result<FindingsReport, PortError>)]

  public init(_ reports: [HostName: Result<FindingsReport, PortError>]) {
    hosts = reports.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private var reports: [(name: HostName, report: FindingsReport)] {
    hosts.compactMap { host in
      if case .success(let report) = host.result { (host.name, report) } else { nil }
    }
  }

  /// Whether a host did not answer.
  public var isSilent: Bool { reports.count < hosts.count }
  /// Whether nothing is new on the hosts that answered.
  public var isClean: Bool { reports.allSatisfy { $0.report.new.isEmpty } }

  /// The new findings of these checks; all of them when none is named. Half an acceptance is none:
  /// the hosts that were named must all have said what they find.
  public func chosen(_ checks: [String]) throws(PortError) -> [HostName: [DoctorFinding]] {
    for host in hosts {
      if case .failure(let error) = host.result {
        throw PortError(
          error.kind, "\(host.name) does not say what it finds: \(error.message)",
          remedy: "Name the hosts that do:  sluice accept HOST …")
      }
    }
    var chosen: [HostName: [DoctorFinding]] = [:]
    for (name, report) in reports {
      let found = report.new.filter { checks.isEmpty || checks.contains($0.check) }
      if !found.isEmpty { chosen[name] = found }
    }
    for check in checks
    where !reports.contains(where: { $0.report.findings.contains { $0.check == check } }) {
      throw PortError(
        .refused, "no host has a finding \(check)", remedy: "See what there is:  sluice accept")
    }
    return chosen
  }

  /// The document `sluice.findings-view/1`.
  public func json(accepted: [HostName: [DoctorFinding]]) throws -> JSONValue {
    var values: [String: JSONValue] = [:]
    for host in hosts {
      switch host.result {
      case .failure(let error): values[host.name.rawValue] = ["error": .string(error.message)]
      case .success(let report):
        values[host.name.rawValue] = [
          "new": try CanonicalJSON.encode(report.new),
          "accepted_before": .integer(Int64(report.findings.count - report.new.count)),
          "accepted_now": .integer(Int64(accepted[host.name]?.count ?? 0)),
        ]
      }
    }
    return ["schema": "sluice.findings-view/1", "hosts": .object(values)]
  }
}
