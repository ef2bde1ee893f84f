/// Whether the running process has loaded every skill of the pack on disk, from the slice and
/// usable. OpenClaw drops a skill that it rejects and reports this only in its log; a second skill
/// of the same name hides the first.
public struct PackProof: Sendable {
  public var pack: [PackSkill]
  public var loaded: [LoadedSkill]

  public init(pack: [PackSkill], loaded: [LoadedSkill]) {
    self.pack = pack
    self.loaded = loaded
  }

  /// Skills that are missing or come from elsewhere, each as a sentence with the remedy. The
  /// process does not run the release.
  public var missing: [String] { pack.compactMap(absence) }

  /// Loaded skills that this host cannot use.
  public var unusable: [String] {
    pack.compactMap { skill in
      guard let found = own(skill), !found.isEligible else { return nil }
      return "\(skill.folder) of the pack cannot be used: something that it requires is missing. "
        + "See openclaw skills check."
    }
  }

  public var faults: [String] { missing + unusable }

  private func own(_ skill: PackSkill) -> LoadedSkill? {
    loaded.first { isNamed($0, as: skill) && $0.source == LoadedSkill.packSource }
  }

  private func isNamed(_ loaded: LoadedSkill, as skill: PackSkill) -> Bool {
    if let name = skill.name { return loaded.name == name }
    return loaded.filePath.hasSuffix("/\(skill.folder)/SKILL.md")
  }

  private func absence(_ skill: PackSkill) -> String? {
    guard own(skill) == nil else { return nil }
    if let fault = skill.fault {
      return "\(skill.folder) of the pack is not loaded: \(fault)"
    }
    if let other = loaded.first(where: { isNamed($0, as: skill) }) {
      return "\(skill.folder) of the pack is hidden by another skill \(other.name) from "
        + "\(other.source) (\(other.filePath)): remove that one, or give it another name."
    }
    return "\(skill.folder) of the pack is not loaded, and OpenClaw says why only in its log. Run "
      + "openclaw skills info \(skill.name ?? skill.folder)."
  }
}
