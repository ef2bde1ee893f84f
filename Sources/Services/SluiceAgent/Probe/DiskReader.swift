import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem

/// Reads the state of the host's disk for the probe.
struct DiskReader: Sendable {
  let paths: HostPaths
  let services: AgentServices

  /// Hashes the slice that `current` names, which takes tens of milliseconds for a large pack.
  func read() async -> ProbeInputs.Disk {
    let infra = await sighting { () async throws(PortError) in try await services.infra.state() }
    let links = await self.links()
    var slice = Sighting<HostSurvey.Slice>.unseen("current names none")
    if let version = links.value?.current {
      do throws(PortError) {
        let tree = try await services.slices.digest(of: version)
        slice = .seen(.init(version: version, tree: tree, fault: nil))
      } catch {
        // An unsound slice counts as seen; an unreadable disk does not.
        slice =
          error.kind == .refused
          ? .seen(.init(version: version, tree: .zero, fault: error.message))
          : .unseen(error.message)
      }
    }
    return ProbeInputs.Disk(
      infra: infra, links: links, slice: slice,
      pack: PackReader.skills(below: "\(paths.skills)/current"),
      linkMovedAtMilliseconds: linkMoved)
  }

  func links() async -> Sighting<Links> {
    await sighting { () async throws(PortError) in try await services.slices.links() }
  }

  /// Moving a link creates it anew, so its own time is the time of the move.
  var linkMoved: Int64? {
    guard let status = (try? Files.status(of: "\(paths.skills)/current")) ?? nil,
      status.kind == .link
    else { return nil }
    return status.modifiedMilliseconds
  }
}

/// A port's value, or why it is missing.
func sighting<Value: Sendable & Hashable>(
  _ look: @Sendable () async throws(PortError) -> Value
) async -> Sighting<Value> {
  do throws(PortError) { return .seen(try await look()) } catch { return .unseen(error.message) }
}
