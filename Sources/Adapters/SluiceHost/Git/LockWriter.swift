import SluiceCore
import SluicePorts
import SluiceSystem

/// Computes the lock of an infra checkout's working tree, and writes the lock there.
public struct LockWriter: Sendable {
  /// The skill tree's manifest, beside the lock. The manifest shows which file differs when a tree
  /// does not hash to the lock.
  public static let manifestName = "openclaw.skills.sha256"
  public static let versionFile = "VERSION"

  let checkout: String
  private let skills: String

  /// - Parameter checkout: absolute.
  public init(checkout: String) {
    self.checkout = checkout
    skills = "\(checkout)/\(GitCheckout.skillsFolder)"
  }

  /// - Parameters:
  ///   - skillsVersion: nil takes it from `skills/VERSION`.
  ///   - tenants: the digests of the fragments, as `TenantFragments` computes them.
  public func lock(
    openclaw: ReleaseLock.OpenClaw, skillsVersion: String? = nil, tenants: [String: Digest]
  ) throws(PortError) -> (lock: ReleaseLock, manifest: SkillManifest) {
    let (lock, tree) = try compute(
      openclaw: openclaw, skillsVersion: skillsVersion, tenants: tenants)
    return (lock, tree.manifest)
  }

  /// Writes manifest and lock, the lock last: each is durable and whole at every moment.
  public func write(
    openclaw: ReleaseLock.OpenClaw, skillsVersion: String? = nil, tenants: [String: Digest]
  ) throws(PortError) -> ReleaseLock {
    let (lock, tree) = try compute(
      openclaw: openclaw, skillsVersion: skillsVersion, tenants: tenants)
    let bytes = try LockFile.encode(lock)
    try PortError.translating { () throws(SystemError) in
      try Files.replace("\(checkout)/\(Self.manifestName)", with: tree.manifest.bytes)
      try Files.replace("\(checkout)/\(LockFile.name)", with: bytes)
    }
    return lock
  }

  private func compute(
    openclaw: ReleaseLock.OpenClaw, skillsVersion: String?, tenants: [String: Digest]
  ) throws(PortError) -> (lock: ReleaseLock, tree: SkillTree) {
    let version: String
    if let skillsVersion { version = skillsVersion } else { version = try writtenVersion() }
    let tree = try SkillTree.read(skills, bounds: PackBounds())
    try tree.requirePromotable(openclaw: openclaw.version)
    let lock = ReleaseLock(
      openclaw: openclaw, skills: .init(version: version, tree: tree.digest), tenants: tenants)
    return (lock, tree)
  }

  /// Remarks about the pack for a person; a remark stops nothing.
  public var notes: [String] { PackContents(root: skills).notes }

  private func writtenVersion() throws(PortError) -> String {
    let path = "\(skills)/\(Self.versionFile)"
    let remedy = "Write the pack's version there, one line such as 1.4.2, or give it as an option."
    let text = try PortError.translating(remedy: remedy) { () throws(SystemError) in
      try Files.readText(path, limit: 256)
    }
    let line = text.hasSuffix("\n") ? String(text.dropLast()) : text
    guard SemanticVersion(line)?.isSafeDirectoryName == true else {
      throw PortError(.refused, "\(path) holds no version of SemVer 2.0.0", remedy: remedy)
    }
    return line
  }
}
