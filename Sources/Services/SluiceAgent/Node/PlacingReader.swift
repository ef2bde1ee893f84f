import SluiceCore
import SluicePorts
import SluiceSystem

/// Finds the conditions for placing a release on this host. Changes nothing and uses no network.
struct PlacingReader: Sendable {
  let spec: HostSpec
  let infra: any InfraCheckout

  /// Nil if the checkout cannot be read, which the survey reports separately.
  ///
  /// - Parameter state: OpenClaw's state directory, if the host declares builds.
  func read(_ release: Release, state: String?) async -> PlacingSurvey? {
    guard let look = try? await infra.look(atTag: release.tag) else { return nil }
    return PlacingSurvey(
      tag: release.tag, tagCommit: look.commit, remote: look.remote, rooms: rooms(state: state),
      signature: look.signature)
  }

  /// By disk, because fetched, unpacked and placed files may share one.
  private func rooms(state: String?) -> [PlacingSurvey.Room] {
    let held = state.flatMap(disk)
    var rooms: [(device: UInt64, room: PlacingSurvey.Room)] = []
    for path in [spec.paths.skills, spec.paths.state, spec.paths.infra] {
      guard let device = disk(of: path), let free = free(at: path) else { continue }
      if let index = rooms.firstIndex(where: { $0.device == device }) {
        rooms[index].room.copies += 1
      } else {
        rooms.append(
          (
            device,
            .init(path: path, freeBytes: free, copies: 1, holdsState: held == device)
          ))
      }
    }
    return rooms.map(\.room)
  }

  /// The path itself if it exists, or else its nearest existing parent directory.
  private func there(_ path: String) -> String? {
    var path = path
    while path.count > 1 {
      if (try? Files.status(of: "\(path)/.")) ?? nil != nil { return path }
      path = path.pathParts.dropLast().reduce(into: "") { $0 += "/\($1)" }
    }
    return nil
  }

  private func disk(of path: String) -> UInt64? {
    there(path).flatMap { (try? Files.status(of: "\($0)/.")) ?? nil }?.device
  }

  private func free(at path: String) -> Int64? {
    there(path).flatMap { try? Files.freeSpace(at: $0) }?.freeBytes
  }
}
