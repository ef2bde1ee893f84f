import SluiceCore
import SluicePorts

// The way back does not rest on a slice that somebody may have removed: its commit brings it again.
extension Swing {
  /// On the way back a slice that is missing or damaged is placed again from the checkout, with the
  /// same proof. Forward it is not: there it is the release's own placing that has to be sound.
  mutating func bringSliceBack() async throws(PortError) {
    guard await isWayBack else { return }
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

  /// Where tags have to be signed, nothing is swung to that only the writer's word speaks for, not even
  /// onto a slice that is here: the checkout would move to its commit. What the host ran before is its
  /// own, and needs nobody's signature: a way back does not end with somebody's key.
  func requireSigned() async throws(PortError) {
    guard services.infra.asksForSignatures, await !isKnown() else { return }
    do throws(PortError) { _ = try await services.infra.signer(of: release) } catch {
      throw PortError(
        error.kind, error.message,
        remedy: "Nothing was moved on \(host.name). \(error.remedy ?? "")")
    }
  }

  private func isKnown() async -> Bool {
    if await isWayBack { return true }
    // A checkout that cannot be read knows nothing.
    if (try? await services.infra.state())?.commit == release.commit { return true }
    // Before Sluice swung anything here only the link tells what served.
    guard await state.held == nil, (try? await services.slices.links())?.current == version
    else { return false }
    return (try? await services.slices.digest(of: version)) == release.lock.skills.tree
  }

  /// A slice that does not hash to its lock never serves.
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

  /// What a host runs that Sluice has never swung: by its checkout, under the commit's own name, for
  /// nothing there says which tag it was.
  func releaseCheckedOut() async -> Release? {
    guard await state.held == nil, let infra = try? await services.infra.state(),
      let commit = infra.commit, let lock = infra.lock, let digest = infra.lockDigest
    else { return nil }
    return Release(tag: commit, commit: commit, lockDigest: digest, lock: lock)
  }
}
