import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem

/// The tenants' fragments in the writer's checkout: the source that every gateway mirrors.
public struct WriterTenants: Sendable {
  /// The fragment that points a tenant to `next`.
  public static let pinPath = "skills.d/10-canary.yaml"

  private static let pinText = """
    # Written by sluice tenants pin: this tenant uses the new skills before all others.
    slice: next

    """

  public let infra: String

  public init(infra: String) { self.infra = infra }

  private var root: String { "\(infra)/\(LockPinning.tenantsFolder)" }
  private var fragments: TenantFragments { TenantFragments(root: root) }

  public func survey() -> FragmentSurvey { fragments.survey() }

  /// - Throws: `.refused` for a tenant that is not there, and with the tenant's first fault.
  public func boundary(of tenant: String) throws(PortError) -> TenantBoundary {
    TenantBoundary(merging: try read(tenant))
  }

  /// The boundaries of the tenants without faults.
  public func boundaries() -> [String: TenantBoundary] {
    var boundaries: [String: TenantBoundary] = [:]
    for tenant in survey().files.keys { boundaries[tenant] = try? boundary(of: tenant) }
    return boundaries
  }

  /// A change of the checkout that nobody has committed yet.
  public struct Change: Sendable, Hashable {
    public let tenant: String
    /// The fragment that was written or removed; absolute.
    public let file: String
    /// False: the tenant used that link already.
    public let isNew: Bool
    /// The link that the tenant uses now.
    public let slice: TenantBoundary.Slice
  }

  /// Writes the fragment that points the tenant to `next`: the whole file or none.
  ///
  /// - Throws: `.refused` when the fragment would say something else than it shows, because a later
  ///   fragment says `current`, or because the file is there and says more.
  public func pin(_ tenant: String) throws(PortError) -> Change {
    let present = try read(tenant)
    if let pin = present.first(where: { $0.path == Self.pinPath }) {
      guard pin.namesOnlySlice, pin.slice?.value == .next else { throw foreign(tenant) }
      try requireSlice(.next, of: tenant, in: present)
      return change(tenant, .next, isNew: false)
    }
    let pin = TenantFragment(path: Self.pinPath, slice: .init(.next, line: 2))
    try requireSlice(.next, of: tenant, in: TenantFragments.merging(present + [pin]))
    try requireOwnFolder()
    do throws(SystemError) {
      _ = try Files.claimDirectory("\(root)/\(tenant)/skills.d", mode: 0o755)
      try Files.create(file(tenant), with: Array(Self.pinText.utf8), mode: 0o644)
    } catch {
      throw PortError(
        .failed, "\(file(tenant)) was not written: \(error)",
        remedy: error.remedy ?? "Look at that file and its directory, then pin again.")
    }
    return change(tenant, .next, isNew: true)
  }

  /// Removes the fragment that `pin` wrote.
  ///
  /// - Throws: `.refused` when the file says more, or when another fragment says `next`.
  public func unpin(_ tenant: String) throws(PortError) -> Change {
    let present = try read(tenant)
    let rest = present.filter { $0.path != Self.pinPath }
    try requireSlice(.current, of: tenant, in: rest)
    guard let pin = present.first(where: { $0.path == Self.pinPath }) else {
      return change(tenant, .current, isNew: false)
    }
    guard pin.namesOnlySlice else { throw foreign(tenant) }
    try requireOwnFolder()
    do throws(SystemError) {
      try Files.removeFile(file(tenant))
      try Files.synchronizeDirectory("\(root)/\(tenant)/skills.d")
    } catch {
      throw PortError(
        .failed, "\(file(tenant)) was not removed: \(error)",
        remedy: error.remedy ?? "See who holds it, and try again.")
    }
    return change(tenant, .current, isNew: true)
  }

  private func read(_ tenant: String) throws(PortError) -> [TenantFragment] {
    guard HostName.isValid(tenant) else {
      throw PortError(
        .refused, "this cannot name a tenant",
        remedy: "Use lower-case letters, digits and -, at most 63. See:  sluice tenants list")
    }
    return try fragments.fragments(of: tenant)
  }

  private func file(_ tenant: String) -> String { "\(root)/\(tenant)/\(Self.pinPath)" }

  private func change(
    _ tenant: String, _ slice: TenantBoundary.Slice, isNew: Bool
  ) -> Change {
    Change(tenant: tenant, file: file(tenant), isNew: isNew, slice: slice)
  }

  /// Refuses a change after which another fragment decides.
  private func requireSlice(
    _ slice: TenantBoundary.Slice, of tenant: String, in fragments: [TenantFragment]
  ) throws(PortError) {
    let boundary = TenantBoundary(merging: fragments)
    guard boundary.slice != slice, let declared = boundary.declaredSlice else { return }
    throw PortError(
      .refused,
      "\(root)/\(tenant)/\(declared.path):\(declared.line) says \(declared.value.rawValue), and "
        + "counts: \(tenant) would not use \(slice.rawValue)",
      remedy: "Remove that line first, or edit the fragment by hand.")
  }

  /// A link in place of the folder would have this write outside the checkout.
  private func requireOwnFolder() throws(PortError) {
    guard (try? Files.status(of: root))?.kind == .directory else {
      throw PortError(
        .refused, "\(root) is no directory of the checkout, so nothing was changed",
        remedy: "Put a real folder there: a link would lead outside the checkout.")
    }
  }

  private func foreign(_ tenant: String) -> PortError {
    PortError(
      .refused, "\(file(tenant)) says something else than \"slice: next\", so it was left alone",
      remedy: "Edit it by hand, or rename it. See what counts:  sluice tenants effective \(tenant)")
  }
}
