import SluiceCore
import SluicePorts
import SluiceSystem

// Parts of the publish contract that only the host's disk shows.
extension HostChecks {
  /// Whether nobody can change the slices that the links name: OpenClaw's own workshop rewrites
  /// skills that it may write to.
  func seals() async -> GatewayAnswer {
    let root = spec.paths.skills
    return await answer("seals", "\(root)/current, next") { () async throws(PortError) in
      let links = try await services.slices.links()
      var open: [String] = []
      for version in Set([links.current, links.next].compactMap(\.self)).sorted() {
        open += try Self.writable(in: "\(root)/\(version)")
      }
      return open
    } _: { open in
      guard let first = open.first else { return (.expected, "read-only", "") }
      return (
        .odd, "\(open.count) files and folders may be written to",
        "\(first) is the first. Make the slice read-only:  chmod -R a-w DIRECTORY"
      )
    }
  }

  /// The slice itself and everything in it.
  private static func writable(in slice: String) throws(PortError) -> [String] {
    var open: [String] = []
    do throws(SystemError) {
      if let status = try Files.status(of: slice), status.mode & 0o222 != 0 { open.append(slice) }
      try Files.walk(slice) { path, status in
        if status.kind != .link, status.mode & 0o222 != 0 { open.append("\(slice)/\(path)") }
      }
    } catch { throw PortError(error) }
    return open
  }

  func otherServices() async -> GatewayAnswer {
    let service = spec.openclaw.service
    let home = spec.openclaw.environment["HOME"]
    return await answer("services", "definitions of OpenClaw's services") {
      () async throws(PortError) in
      OtherServices.listings(of: service, home: home)
    } _: { listings in
      OtherServices(declared: service).meaning(listings)
    }
  }
}
