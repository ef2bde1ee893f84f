import SluiceCore
import SluicePorts

/// Checks whether the host could roll back to its release before. Reads only the disk: slices are
/// hashed, and an unchanged build is not read again.
struct RollbackReader: Sendable {
  let services: AgentServices
  let held: ExpectedFile?

  /// Nil without an earlier release to roll back to.
  func read() async -> RollbackBasis? {
    guard let held, let previous = held.previous, previous.commit != held.release.commit
    else { return nil }
    let skills = previous.lock.skills
    var way = RollbackBasis(tag: previous.tag, version: skills.version)
    way.slice = await slice(skills)
    let infra = services.infra
    way.checkout = await fault { () async throws(PortError) in try await infra.fault(of: previous) }
    let (older, newer) = (previous.lock.openclaw, held.release.lock.openclaw)
    guard older.version != newer.version, let builds = services.builds else { return way }
    way.build = await build(older, builds)
    if let state = services.openclawState {
      way.copy = await fault { () async throws(PortError) in try await state.faultOfCopies() }
    }
    return way
  }

  private func slice(_ skills: ReleaseLock.Skills) async -> String? {
    do throws(PortError) {
      let tree = try await services.slices.digest(of: skills.version)
      return tree == skills.tree
        ? nil
        : "slice \(skills.version) hashes to \(tree.short), its lock says \(skills.tree.short)"
    } catch { return "slice \(skills.version) is missing or damaged: \(error.message)" }
  }

  private func build(_ locked: ReleaseLock.OpenClaw, _ builds: any BuildStore) async -> String? {
    do throws(PortError) {
      let found = try await builds.read(locked.version)
      return BuildCheck.difference(found, locked).map { "build \(locked.version): \($0)" }
    } catch { return "\(error.message). \(error.remedy ?? "")" }
  }

  private func fault(_ look: () async throws(PortError) -> String?) async -> String? {
    do throws(PortError) { return try await look() } catch { return error.message }
  }
}
