import SluiceCore
import SluicePorts

/// The tenants' fragments: `<root>/<tenant>/{gateway,doctor,webhook,skills}.d/NN-name.yaml`.
///
/// Files merge in byte order of their names, the kinds in the order above. Names that begin with a
/// dot are the system's own (`.DS_Store`) and count for nothing.
public struct TenantFragments: FragmentStore {
  public static let kinds = ["gateway.d", "doctor.d", "webhook.d", "skills.d"]

  let root: String

  /// - Parameter root: absolute. It may be a link; nothing below it may.
  public init(root: String) { self.root = root }

  public func survey() -> FragmentSurvey {
    var walk = FragmentWalk(root: root)
    walk.all()
    return walk.survey
  }

  /// The tenant's fragments in the order of their merging.
  ///
  /// - Throws: `.refused` for a tenant that is not there, and with the first fault.
  public func fragments(of tenant: String) throws(PortError) -> [TenantFragment] {
    var walk = FragmentWalk(root: root)
    walk.all(but: tenant)
    guard walk.files[tenant] != nil else {
      if let fault = walk.faults.first { throw PortError(.refused, fault.description) }
      throw PortError(
        .refused, "\(root) has no tenant \"\(tenant.prefix(80))\"",
        remedy: "See the tenants that it has:  sluice tenants list")
    }
    if let fault = walk.faults.first { throw PortError(.refused, fault.description) }
    return walk.fragments[tenant] ?? []
  }

  /// The fragments in the order of their merging.
  public static func merging(_ fragments: [TenantFragment]) -> [TenantFragment] {
    let places = fragments.map { fragment -> (kind: Int, fragment: TenantFragment) in
      let kind = kinds.firstIndex { fragment.path.hasPrefix($0 + "/") }
      return (kind ?? kinds.count, fragment)
    }
    return places.sorted { first, second in
      guard first.kind == second.kind else { return first.kind < second.kind }
      return first.fragment.path.utf8.lexicographicallyPrecedes(second.fragment.path.utf8)
    }.map(\.fragment)
  }

  /// The boundary from all fragments of the tenant.
  ///
  /// - Throws: as `fragments(of:)`.
  public func boundary(of tenant: String) throws(PortError) -> TenantBoundary {
    TenantBoundary(merging: try fragments(of: tenant))
  }
}
