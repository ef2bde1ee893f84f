/// The tenants' fragments of the publish contract: before `next` is linked, every gateway has the
/// fragments that the lock pins. A gateway that has them shows which files differ on another.
enum FragmentCheck {
  static func blockers(
    on host: HostSpec, _ survey: HostSurvey, release: Release, surveys: [HostName: HostSurvey]
  ) -> [String] {
    // An earlier agent reports neither files nor faults.
    let faults = survey.fragments?.faults ?? []
    let found = faults.prefix(1).map {
      let more = faults.count > 1 ? " (and \(faults.count - 1) more:  sluice tenants lint)" : ""
      return "\(host.name): \($0.sentence)\(more)"
    }
    let differing = release.lock.tenants.filter { survey.tenants[$0.key] != $0.value }
    return found
      + differing.sorted { $0.key < $1.key }.map { tenant, digest in
        let what =
          difference(tenant, digest, survey, surveys)
          ?? "\(tenant) is \(survey.tenants[tenant]?.short ?? "not there"), pinned is \(digest.short)"
        return "\(host.name): fragments in \(host.paths.tenants) are not those that "
          + "\(release.tag) pins: \(what). Mirror them; compare:  sluice tenants diff"
      }
  }

  /// The most paths that one sentence names.
  private static let mostPaths = 2

  /// The paths that differ from a gateway that has the pinned fragments; nil without one.
  private static func difference(
    _ tenant: String, _ digest: Digest, _ survey: HostSurvey, _ surveys: [HostName: HostSurvey]
  ) -> String? {
    let model = surveys.sorted { $0.key < $1.key }.first {
      $0.value.tenants[tenant] == digest && $0.value.fragments?.files[tenant] != nil
    }
    guard let model, let found = survey.fragments?.files,
      let wanted = model.value.fragments?.files
    else { return nil }
    let paths = FragmentDifference.between(wanted: wanted, found: found, tenant: tenant)
      .map { $0.words(than: model.key.rawValue) }
    guard !paths.isEmpty else { return nil }
    let more = paths.count - mostPaths
    return paths.prefix(mostPaths).joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "")
  }
}
