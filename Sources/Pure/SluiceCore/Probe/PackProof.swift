/// Whether the running process has loaded the pack that stands on disk: every skill of it, from the
/// slice, and usable. OpenClaw leaves out a skill it does not like without a word to anybody but its
/// log, and lets another of the same name hide it.
public struct PackProof: Sendable {
  public var pack: [PackSkill]
  public var loaded: [LoadedSkill]

  public init(pack: [PackSkill], loaded: [LoadedSkill]) {
    self.pack = pack
    self.loaded = loaded
  }

  /// Skills that are not there, or come from elsewhere: the release is not what runs. Each a
  /// sentence with what to do.
  public var missing: [String] { pack.compactMap(absence) }

  /// Skills that are loaded, but cannot be used on this host.
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
