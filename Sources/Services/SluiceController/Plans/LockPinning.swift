import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem

/// What `sluice lock` pins: the pack and the fragments as they stand in a checkout, and the build.
public struct LockPinning: Sendable {
  public let infra: String
  public static let tenantsFolder = "tenants"

  private let git: String?

  /// - Parameter git: the program; nil: what a commit will hold is not looked at.
  public init(infra: String, git: String? = Processes.find("git")) {
    self.infra = infra
    self.git = git
  }

  public var path: String { "\(infra)/\(LockFile.name)" }

  public struct Pins: Sendable {
    /// The lock that stands there now, if one does.
    public let present: ReleaseLock?
    public let lock: ReleaseLock
    /// What a person should do or know before the commit.
    public let notes: [String]
    let skills: String?

    /// Whether the lock that stands there is true of the checkout.
    public var isTrue: Bool { present == lock }
  }

  /// - Parameters:
  ///   - openclaw: nil keeps the build that the present lock pins.
  ///   - skills: nil takes it from `skills/VERSION`.
  ///   - build: an installed build to be pinned by its digests and schemas; its version has to be
  ///     `openclaw`, where that is given.
  public func read(openclaw: String?, skills: String?, build directory: String? = nil)
    async throws(PortError) -> Pins
  {
    let present = try presentLock()
    let build: ReleaseLock.OpenClaw
    if let directory {
      build = try BuildPackage(directory: directory).read()
      if let openclaw, openclaw != build.version {
        throw PortError(
          .refused, "\(directory) holds OpenClaw \(build.version), not \(openclaw)",
          remedy: "Name the directory of the build that shall be pinned.")
      }
    } else if let openclaw {
      build =
        present?.openclaw.version == openclaw
        ? present?.openclaw ?? .init(version: openclaw, daemon: nil, cli: nil, schemas: nil)
        : .init(version: openclaw, daemon: nil, cli: nil, schemas: nil)
    } else if let present {
      build = present.openclaw
    } else {
      throw PortError(
        .refused, "there is no \(path) yet, so the OpenClaw build has to be named",
        remedy: "Name it:  sluice lock --openclaw 2026.9.6")
    }
    let writer = LockWriter(checkout: infra)
    let (lock, manifest) = try writer.lock(
      openclaw: build, skillsVersion: skills, tenants: try tenants())
    let notes = try await committable(manifest) + writer.notes
    return Pins(present: present, lock: lock, notes: notes, skills: skills)
  }

  public func write(_ pins: Pins) throws(PortError) -> ReleaseLock {
    try LockWriter(checkout: infra).write(
      openclaw: pins.lock.openclaw, skillsVersion: pins.skills, tenants: pins.lock.tenants)
  }

  /// The pack is what a commit will hold: refused where the two would differ.
  private func committable(_ manifest: SkillManifest) async throws(PortError) -> [String] {
    guard let git else { return [] }
    let checkout = GitCheckout(directory: infra, git: git)
    guard let tracking = try await checkout.tracking(of: manifest) else { return [] }
    try tracking.requireCommittable(in: infra)
    return tracking.notes
  }

  private func tenants() throws(PortError) -> [String: Digest] {
    let root = "\(infra)/\(Self.tenantsFolder)"
    guard (try? Files.status(of: root)) != nil else { return [:] }
    let fragments = TenantFragments(root: root)
    if let fault = try fragments.faults().first {
      throw PortError(.refused, fault, remedy: "Mend it before it is pinned.")
    }
    return try fragments.digests()
  }

  private func presentLock() throws(PortError) -> ReleaseLock? {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try Files.read(path, limit: LockFile.maximumBytes) } catch {
      if error.isMissing { return nil }
      throw PortError(.failed, "\(path) cannot be read: \(error)", remedy: error.remedy)
    }
    return try LockFile.decode(bytes, file: path)
  }
}
