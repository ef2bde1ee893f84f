extension FleetDiff {
  /// The slice as a whole, then the files by which it differs, as far as the host names them.
  static func slice(
    _ host: HostSpec, _ survey: HostSurvey, _ lock: ReleaseLock
  ) -> [Difference] {
    let skills = lock.skills
    let slice = survey.slices.first { $0.version == skills.version }
    guard slice?.tree != skills.tree || slice?.fault != nil else { return [] }
    let path = "\(host.paths.skills)/\(skills.version)"
    let whole = Difference(
      host: host.name, subject: .slice, path: path, has: slice.map(word) ?? "nothing",
      wants: skills.tree.short)
    return [whole]
      + (slice?.changes ?? []).map { change in
        Difference(
          host: host.name, subject: .slice, path: "\(path)/\(change.path)",
          has: change.kind == .missing
            ? "nothing" : change.kind == .added ? "a file" : "another content",
          wants: change.kind == .added ? "nothing" : "the lock's")
      }
  }

  private static func word(_ slice: HostSurvey.Slice) -> String {
    slice.unmarked.map { "\($0.short) without a marker" } ?? slice.fault ?? slice.tree.short
  }
}
