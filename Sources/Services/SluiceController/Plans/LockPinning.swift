import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem

/// The content of the lock that `sluice lock` writes: the checkout's pack and fragments, and the
/// build.
public struct LockPinning: Sendable {
  public let infra: String
  public static let tenantsFolder = "tenants"

  private let git: String?

  /// - Parameter git: the program; nil: no comparison with the next commit.
  public init(infra: String, git: String? = Processes.find("git")) {
    self.infra = infra
    self.git = git
  }

  public var path: String { "\(infra)/\(LockFile.name)" }

  public struct Pins: Sendable {
    /// The present lock, if there is one.
    public let present: ReleaseLock?
    public let lock: ReleaseLock
    /// Advice for a person before the commit.
    public let notes: [String]
    let skills: String?

    /// Whether the present lock matches the checkout.
    public var isTrue: Bool { present == lock }
  }

  /// - Parameters:
  ///   - openclaw: nil keeps the build of the present lock.
  ///   - skills: nil takes the version from `skills/VERSION`.
  ///   - build: an installed build whose digests and schemas go into the lock. Its version must
  ///     equal `openclaw`, if given.
  public func read(openclaw: String?, skills: String?, build directory: String? = nil)
    async throws(PortError) -> Pins
  {
    let present = try presentLock()
    let build: ReleaseLock.OpenClaw
    if let directory {
      let found = try BuildPackage(directory: directory).read()
      build = found.joining(present?.openclaw)
      if let openclaw, openclaw != found.version {
        throw PortError(
          .refused, "\(directory) holds OpenClaw \(found.version), not \(openclaw)",
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

  /// Refuses a pack that would differ from the pack in a commit.
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
    let survey = TenantFragments(root: root).survey()
    if let fault = survey.faults.first {
      throw PortError(.refused, fault.description, remedy: "Mend it before it is pinned.")
    }
    return survey.digests
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
