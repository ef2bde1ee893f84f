import SluiceCore
import SluiceHost
import SluicePorts
import SluiceSystem

/// What stands on the host's disk, as the probe wants it.
struct DiskReader: Sendable {
  let paths: HostPaths
  let services: AgentServices

  /// Hashes the slice that `current` names: tens of milliseconds for a large pack.
  func read() async -> ProbeInputs.Disk {
    let infra = await sighting { () async throws(PortError) in try await services.infra.state() }
    let links = await self.links()
    var slice = Sighting<HostSurvey.Slice>.unseen("current names none")
    if let version = links.value?.current {
      do throws(PortError) {
        let tree = try await services.slices.digest(of: version)
        slice = .seen(.init(version: version, tree: tree, fault: nil))
      } catch {
        // A slice that is not sound was seen; a disk that cannot be read says nothing of it.
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

  /// A link is made anew when it is moved: its own time tells when.
  var linkMoved: Int64? {
    guard let status = (try? Files.status(of: "\(paths.skills)/current")) ?? nil,
      status.kind == .link
    else { return nil }
    return status.modifiedMilliseconds
  }
}

/// What a port says, or why it does not.
func sighting<Value: Sendable & Hashable>(
  _ look: @Sendable () async throws(PortError) -> Value
) async -> Sighting<Value> {
  do throws(PortError) { return .seen(try await look()) } catch { return .unseen(error.message) }
}
