/// Obstacles to placing a release on a host, found before the host's turn. Part of the publish
/// contract (`PlanCheck`).
public enum PlacingCheck {
  /// Room for git and the file system, in addition to the pack.
  static let spareBytes: Int64 = 16 << 20

  /// - Parameters:
  ///   - packBytes: the size of the release's skill tree on a disk; nil: unknown.
  ///   - change: of the promotion to this release; nil if the build stays, or without a plan.
  ///   - mustBeSigned: whether the writer's fleet requires signed tags.
  public static func blockers(
    on host: HostSpec, _ survey: HostSurvey, placing release: Release, packBytes: Int64?,
    change: BuildChange? = nil, mustBeSigned: Bool = false
  ) -> [String] {
    guard host.role == .gateway else { return [] }
    var found =
      tagBlockers(host, survey, release)
      + signatureBlockers(host, survey, release, mustBeSigned: mustBeSigned)
      + sliceBlockers(host, survey, release)
    if let packBytes {
      found += roomBlockers(host, survey, release, packBytes: packBytes, change: change)
    }
    return found
  }

  private static func tagBlockers(
    _ host: HostSpec, _ survey: HostSurvey, _ release: Release
  ) -> [String] {
    guard let placing = survey.placing, placing.tag == release.tag else { return [] }
    let infra = host.paths.infra
    guard let commit = placing.tagCommit else {
      guard placing.remote == nil else { return [] }
      return [
        "\(host.name): its checkout \(infra) has no tag \(release.tag), and no remote to fetch it from. "
          + "Bring it there, or set the remote:  git -C \(infra) remote add origin URL"
      ]
    }
    guard commit != release.commit else { return [] }
    return [
      "\(host.name): the tag \(release.tag) in its checkout names commit \(commit.prefix(12)), and the "
        + "release is \(release.commit.prefix(12)). A release's tag never moves. Delete the stale tag "
        + "there:  git -C \(infra) tag -d \(release.tag)"
    ]
  }

  /// A host that already runs the release needs no signature check.
  private static func signatureBlockers(
    _ host: HostSpec, _ survey: HostSurvey, _ release: Release, mustBeSigned: Bool
  ) -> [String] {
    let isThere =
      survey.infra.commit == release.commit && survey.infra.lockDigest == release.lockDigest
    if isThere { return [] }
    if let fault = survey.placing?.signature?.fault { return ["\(host.name): \(fault)"] }
    guard mustBeSigned, survey.placing?.signature == nil else { return [] }
    return [
      "\(host.name): this fleet takes signed tags only, and its agent (Sluice \(survey.sluiceVersion)) "
        + "looks at no signature: its own sluice.yaml names no signed_tags, or it is an older Sluice. "
        + "Bring this sluice.yaml and this Sluice there, and start the agent again."
    ]
  }

  private static func sliceBlockers(
    _ host: HostSpec, _ survey: HostSurvey, _ release: Release
  ) -> [String] {
    let skills = release.lock.skills
    guard let slice = survey.slices.first(where: { $0.version == skills.version }) else {
      return []
    }
    // Placing gives it its marker.
    if slice.unmarked == skills.tree { return [] }
    let place = "\(host.paths.skills)/\(slice.version)"
    if let fault = slice.fault {
      return [
        "\(host.name): a slice \(slice.version) is there already and is not sound: \(fault). Move "
          + "\(place) away; it is placed anew."
      ]
    }
    guard slice.tree != skills.tree else { return [] }
    return [
      "\(host.name): a slice \(slice.version) is there already with another tree, \(slice.tree.short); "
        + "\(release.tag) pins \(skills.tree.short) under the same version. A version names one tree "
        + "for ever: give the release a new version (skills/VERSION, then sluice lock), commit, and "
        + "tag that."
    ]
  }

  private static func roomBlockers(
    _ host: HostSpec, _ survey: HostSurvey, _ release: Release, packBytes: Int64,
    change: BuildChange?
  ) -> [String] {
    let isThere = survey.slices.contains { $0.version == release.lock.skills.version }
    // An older agent reports only the free space at the slices.
    let rooms =
      survey.placing?.rooms
      ?? [
        .init(
          path: host.paths.skills, freeBytes: survey.diskFreeBytes, copies: 1, holdsState: false)
      ]
    return rooms.compactMap { room in
      // A slice that is already there is still fetched and unpacked for comparison.
      let copies = Int64(max(1, isThere ? room.copies - 1 : room.copies))
      var needed = copies.multipliedClamped(by: packBytes).addingClamped(spareBytes)
      var what = "placing \(release.tag) takes"
      if room.holdsState, change?.copiesState == true, let state = survey.builds?.state {
        needed = needed.addingClamped(BuildCheck.neededBytes(host, state))
        what = "placing \(release.tag) and copying OpenClaw's state take"
      }
      guard room.freeBytes < needed else { return nil }
      return "\(host.name): \(what) \(Wording.bytes(needed)), and "
        + "\(Wording.bytes(room.freeBytes)) are free on the disk of \(room.path). Free some space."
    }
  }
}
