import SluiceCore
import SluicePorts
import SluiceSystem

/// Places a release on the host without touching anything that serves: fetch, check, place the
/// slice, lint, and only then link `next`.
struct Placing: Sendable {
  let host: HostName
  let paths: HostPaths
  let services: AgentServices

  func place(
    _ placement: HostOperation.Placement, token: String
  ) async throws(PortError) -> PlaceReport {
    let release = placement.release
    let fetched = try await services.infra.fetch(tag: release.tag, commit: release.commit)
    guard fetched == release else {
      throw PortError(
        .refused,
        "the tag \(release.tag) in \(paths.infra) on \(host) holds openclaw.lock "
          + "\(fetched.lockDigest.short), the plan's is \(release.lockDigest.short)",
        remedy: "Plan anew: the tag is not what it was when the plan was read.")
    }
    let signer = try await signer(of: placement)
    let wasPlaced = try await placeSlice(release, token: token)
    try await checkTenants(release)
    if placement.links {
      try await services.slices.swing(.next, to: release.lock.skills.version, token: token)
    }
    return PlaceReport(
      version: release.lock.skills.version, tree: release.lock.skills.tree, wasPlaced: wasPlaced,
      tenants: release.lock.tenants.keys.sorted(), links: placement.links ? nil : false,
      signer: signer)
  }

  /// Nil if neither this host nor the writer requires a signature.
  private func signer(of placement: HostOperation.Placement) async throws(PortError) -> String? {
    if let signer = try await services.infra.signer(of: placement.release) { return signer }
    guard placement.mustBeSigned else { return nil }
    throw PortError(
      .refused,
      "the writer takes signed tags only, and the sluice.yaml of \(host) names nobody who may sign, so "
        + "\(placement.release.tag) was not placed there",
      remedy:
        "Bring the writer's sluice.yaml there, with the file that signed_tags names, and start "
        + "the agent again.")
  }

  private func placeSlice(_ release: Release, token: String) async throws(PortError) -> Bool {
    try await exporting(release) { tree throws(PortError) in
      try await services.slices.place(from: tree, marker: release.marker, token: token)
    }
  }

  /// Replaces a missing or damaged slice from its commit, without the network if the checkout has
  /// the commit. Returns the path of the damaged slice, if there was one.
  func placeAgain(_ release: Release, token: String) async throws(PortError) -> String? {
    do throws(PortError) { return try await placeFromCheckout(release, token: token) } catch {
      guard !Task.isCancelled else { throw error }
      // The commit is missing here; its tag may still be fetched.
      do throws(PortError) {
        _ = try await services.infra.fetch(
          tag: release.tag, commit: release.commit, isKnown: true)
      } catch let fetching {
        throw PortError(
          .refused,
          "slice \(release.lock.skills.version) cannot be placed again on \(host): "
            + "\(error.message); and \(fetching.message)",
          remedy: "Bring the release there:  git -C \(paths.infra) fetch origin tag "
            + "\(release.tag)")
      }
      return try await placeFromCheckout(release, token: token)
    }
  }

  private func placeFromCheckout(
    _ release: Release, token: String
  ) async throws(PortError) -> String? {
    try await exporting(release) { tree throws(PortError) in
      try await services.slices.placeAgain(from: tree, marker: release.marker, token: token)
    }
  }

  private func exporting<Value>(
    _ release: Release, _ place: (_ tree: String) async throws(PortError) -> Value
  ) async throws(PortError) -> Value {
    // A private directory of the agent, which no other account can change meanwhile.
    let staging = "\(paths.state)/staging"
    let tree = "\(staging)/tree"
    do throws(SystemError) {
      try Files.removeTree(staging)
      try Files.makeDirectory(staging, mode: 0o700)
    } catch { throw PortError(error) }
    defer { try? Files.removeTree(staging) }
    try await services.infra.export(release, to: tree)
    return try await place(tree)
  }

  /// The fragments must equal the lock's before `next` names the slice.
  private func checkTenants(_ release: Release) async throws(PortError) {
    let survey = try await services.fragments.survey()
    let faults = survey.faults
    if let first = faults.first {
      let more = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
      throw PortError(
        .refused, "a tenant's fragment on \(host) is not in order: \(first.sentence)\(more)",
        remedy: "Mend it on every gateway; nothing was linked.")
    }
    let digests = survey.digests
    for (tenant, locked) in release.lock.tenants.sorted(by: { $0.key < $1.key }) {
      guard digests[tenant] != locked else { continue }
      throw PortError(
        .refused,
        "the fragments of tenant \(tenant) in \(paths.tenants) on \(host) hash to "
          + "\(digests[tenant]?.short ?? "nothing"), the lock of \(release.tag) says \(locked.short)",
        remedy: "Mirror the tenant's fragments to every gateway, then place again. See which files "
          + "differ:  sluice tenants diff \(tenant)")
    }
    let invalid = try await services.gateway.configurationFaults(
      tenants: release.lock.tenants.keys.sorted())
    guard let first = invalid.first else { return }
    throw PortError(
      .refused, "OpenClaw's configuration on \(host) is not valid: \(first)",
      remedy: "A restart would not come up with it. See openclaw config validate.")
  }
}
