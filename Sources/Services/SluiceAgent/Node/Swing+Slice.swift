import SluiceCore
import SluicePorts

// A rollback does not depend on the slice on disk, which may have been removed: its commit restores
// it.
extension Swing {
  /// In a rollback a missing or damaged slice is placed again from the checkout, with the same
  /// proof. On the way forward it is not: there the placing of the release must succeed.
  mutating func bringSliceBack() async throws(PortError) {
    guard await isRollback else { return }
    let skills = release.lock.skills
    if let tree = try? await services.slices.digest(of: skills.version), tree == skills.tree {
      return
    }
    let placing = Placing(host: host.name, paths: host.paths, services: services)
    do throws(PortError) {
      let aside = try await placing.placeAgain(release, token: token)
      sliceWasReplaced = true
      let note =
        "slice \(skills.version) was \(aside == nil ? "missing" : "damaged") and was placed again "
        + "from \(release.tag)" + (aside.map { "; the damaged one is kept as \($0)" } ?? "")
      steps.append(note)
      notes.append(note)
    } catch {
      guard error.kind != .unknown else { throw error }
      throw PortError(
        .refused, error.message,
        remedy: "Nothing was moved on \(host.name). \(error.remedy ?? "")")
    }
  }

  /// If tags must be signed, the host does not swing to an unsigned release on the writer's word
  /// alone, even onto a slice that is already here, because the checkout would move to its commit.
  /// A release that the host ran before needs no signature, so that a rollback does not depend on
  /// the validity of a key.
  func requireSigned() async throws(PortError) {
    guard services.infra.asksForSignatures, await !isKnown() else { return }
    do throws(PortError) { _ = try await services.infra.signer(of: release) } catch {
      throw PortError(
        error.kind, error.message,
        remedy: "Nothing was moved on \(host.name). \(error.remedy ?? "")")
    }
  }

  private func isKnown() async -> Bool {
    if await isRollback { return true }
    // An unreadable checkout knows no release.
    if (try? await services.infra.state())?.commit == release.commit { return true }
    // Before Sluice's first swing on this host, only the link shows which slice served.
    guard await state.held == nil, (try? await services.slices.links())?.current == version
    else { return false }
    return (try? await services.slices.digest(of: version)) == release.lock.skills.tree
  }

  /// A slice whose hash differs from its lock never serves.
  func verifySlices() async throws(PortError) {
    let version = release.lock.skills.version
    let nothing = "Nothing was moved on \(host.name)."
    let tree: Digest
    do throws(PortError) {
      tree = try await services.slices.digest(of: version)
      if let next = request.next, next != version { _ = try await services.slices.digest(of: next) }
    } catch {
      throw PortError(
        .refused, "slice \(version) cannot serve on \(host.name): \(error.message)",
        remedy: "\(nothing) \(error.remedy ?? "Place the release first.")")
    }
    guard tree == release.lock.skills.tree else {
      throw PortError(
        .refused,
        "openclaw.lock says skills \(version) \(release.lock.skills.tree.short), the tree on "
          + "\(host.name) hashes to \(tree.short)",
        remedy: "\(nothing) See how it is:  sluice probe \(host.name)")
    }
  }

  /// The release of a host that Sluice has never swung: from its checkout, named by the commit,
  /// because nothing there names its tag.
  func releaseCheckedOut() async -> Release? {
    guard await state.held == nil, let infra = try? await services.infra.state(),
      let commit = infra.commit, let lock = infra.lock, let digest = infra.lockDigest
    else { return nil }
    return Release(tag: commit, commit: commit, lockDigest: digest, lock: lock)
  }
}
