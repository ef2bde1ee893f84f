import SluiceCore
import SluiceJSON
import SluicePorts

/// The tenants' fragments of the writer's checkout, and of the gateways that were asked.
public struct FleetTenants: Sendable {
  public typealias Host = (name: HostName, result: Result<FragmentSurvey, PortError>)

  public let writer: FragmentSurvey
  /// Of the writer's tenants without faults.
  public let boundaries: [String: TenantBoundary]
  /// By name.
  public let hosts: [Host]

  public init(
    writer: FragmentSurvey, boundaries: [String: TenantBoundary],
    hosts: [HostName: Result<FragmentSurvey, PortError>]
  ) {
    self.writer = writer
    self.boundaries = boundaries
    self.hosts = hosts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// How a host has a tenant's fragments.
  public enum Standing: String, Sendable, Hashable, CaseIterable { case equal, differs, missing }

  /// A fragment of a host that differs from the writer's.
  public struct HostDifference: Sendable, Hashable {
    public let host: HostName
    public let difference: FragmentDifference
  }

  // MARK: What follows from it

  /// The names of all tenants, of the writer and of the hosts.
  public var tenants: [String] {
    hosts.reduce(into: Set(writer.files.keys)) { $0.formUnion(Self.files(of: $1).keys) }.sorted()
  }

  /// Hosts that did not answer, and why.
  public var silent: [(name: HostName, error: PortError)] {
    hosts.compactMap { host in
      if case .failure(let error) = host.result { (host.name, error) } else { nil }
    }
  }

  /// Whether no fragment of any place has a fault.
  public var isSound: Bool {
    writer.faults.isEmpty
      && hosts.allSatisfy { (try? $0.result.get())?.faults.isEmpty ?? true }
  }

  /// Nil for a host that did not answer.
  public func standing(of tenant: String, on host: Host) -> Standing? {
    guard case .success(let survey) = host.result else { return nil }
    guard let found = survey.files[tenant] else { return .missing }
    return found == writer.files[tenant] ? .equal : .differs
  }

  /// By host, tenant and path.
  ///
  /// - Parameter tenant: only this tenant; nil: all.
  public func differences(of tenant: String? = nil) -> [HostDifference] {
    hosts.flatMap { host -> [HostDifference] in
      guard case .success(let survey) = host.result else { return [] }
      return FragmentDifference.between(
        wanted: writer.files, found: survey.files, tenant: tenant
      ).map { HostDifference(host: host.name, difference: $0) }
    }
  }

  private static func files(of host: Host) -> [String: [String: Digest]] {
    (try? host.result.get())?.files ?? [:]
  }

  // MARK: Documents

  /// The document `sluice.tenants/1`.
  public func listing() -> JSONValue {
    let digests = writer.digests
    let found = tenants.map { tenant -> (String, JSONValue) in
      let standings = hosts.compactMap { host in
        standing(of: tenant, on: host).map { (host.name.rawValue, JSONValue.string($0.rawValue)) }
      }
      let value: JSONValue = [
        "digest": digests[tenant].map { .string($0.text) } ?? .null,
        "fragments": .integer(Int64(writer.files[tenant]?.count ?? 0)),
        "slice": boundaries[tenant].map { .string($0.slice.rawValue) } ?? .null,
        "hosts": .object(Dictionary(uniqueKeysWithValues: standings)),
      ]
      return (tenant, value)
    }
    return [
      "schema": "sluice.tenants/1",
      "tenants": .object(Dictionary(uniqueKeysWithValues: found)), "silent": silence,
    ]
  }

  /// The document `sluice.tenants-lint/1`.
  public func faults() throws -> JSONValue {
    var values: [String: JSONValue] = [:]
    for host in hosts {
      guard case .success(let survey) = host.result else { continue }
      values[host.name.rawValue] = try CanonicalJSON.encode(survey.faults)
    }
    return [
      "schema": "sluice.tenants-lint/1", "in_order": .bool(isSound),
      "writer": try CanonicalJSON.encode(writer.faults), "hosts": .object(values),
      "silent": silence,
    ]
  }

  /// The document `sluice.tenants-diff/1`.
  public func comparison(of tenant: String? = nil) -> JSONValue {
    let found = differences(of: tenant).map { found -> JSONValue in
      let digest = { (digest: Digest?) in digest.map { JSONValue.string($0.text) } ?? .null }
      return [
        "host": .string(found.host.rawValue), "tenant": .string(found.difference.tenant),
        "path": .string(found.difference.path), "on_writer": digest(found.difference.wanted),
        "on_host": digest(found.difference.found),
      ]
    }
    return [
      "schema": "sluice.tenants-diff/1", "equal": .bool(found.isEmpty && silent.isEmpty),
      "differences": .array(found), "silent": silence,
    ]
  }

  private var silence: JSONValue {
    .object(
      Dictionary(
        uniqueKeysWithValues: silent.map { ($0.name.rawValue, .string($0.error.message)) }))
  }
}
