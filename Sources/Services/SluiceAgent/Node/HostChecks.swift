import SluiceCore
import SluicePorts
import SluiceSystem

/// The questions of `sluice check` beyond the gateway: links, slices and their seals, checkout,
/// fragments, secrets, services, disk.
struct HostChecks: Sendable {
  let spec: HostSpec
  let services: AgentServices
  let state: OperationState

  /// A disk fuller than this is reported, in per cent.
  private static let fullPercent: Int64 = 90

  func answers() async -> [GatewayAnswer] {
    let tenants = ((try? await services.fragments.survey())?.files ?? [:]).keys.sorted()
    let gateway = await services.gateway.examine(tenants: tenants)
    return await gateway + node()
      + [links(), slices(), seals(), checkout(), fragments(), secrets()]
      + [service(), otherServices(), user(), disk()] + signers() + rollback()
  }

  func answer<Value: Sendable>(
    _ capability: String, _ asked: String, _ look: () async throws(PortError) -> Value,
    _ read: (Value) -> (GatewayAnswer.Level, came: String, means: String)
  ) async -> GatewayAnswer {
    let began = services.time.now()
    func tell(
      _ level: GatewayAnswer.Level, _ came: String, _ means: String
    ) -> GatewayAnswer {
      GatewayAnswer(
        capability: capability, asked: asked, level: level, came: came, means: means,
        milliseconds: services.time.milliseconds(since: began))
    }
    do throws(PortError) {
      let (level, came, means) = read(try await look())
      return tell(level, came, means)
    } catch { return tell(.fault, error.message, error.remedy ?? "") }
  }

  private func links() async -> GatewayAnswer {
    let root = spec.paths.skills
    return await answer("links", "\(root)/current, next") { () async throws(PortError) in
      try await services.slices.links()
    } _: { links in
      guard let current = links.current else {
        return (
          .fault, "current names no slice", "Place a release:  sluice plan TAG, sluice promote"
        )
      }
      if let fault = links.nextFault {
        return (
          .odd, "current \(current); \(fault)", "It serves nobody: the next placing mends it."
        )
      }
      return (.expected, "current \(current), next \(links.next ?? "none")", "")
    }
  }

  private func slices() async -> GatewayAnswer {
    await answer("slices", spec.paths.skills) { () async throws(PortError) in
      try await services.slices.slices()
    } _: { slices in
      if let bad = slices.first(where: { $0.fault != nil }) {
        return (
          .fault, "\(bad.version): \(bad.fault ?? "")",
          "A slice that was copied by hand gets its marker by  sluice adopt . Another slice is "
            + "damaged: remove that slice, and place it again."
        )
      }
      let names = slices.map(\.version).joined(separator: ", ")
      return (.expected, names.isEmpty ? "none" : names, "")
    }
  }

  private func checkout() async -> GatewayAnswer {
    await answer("checkout", spec.paths.infra) { () async throws(PortError) in
      try await services.infra.state()
    } _: { infra in
      guard let commit = infra.commit else {
        return (.fault, "no checkout", "Clone the infra repository there.")
      }
      if let first = infra.dirty.first {
        return (.fault, "it differs from its commit: \(first)", "Commit it, or put it back.")
      }
      guard let lock = infra.lock else {
        return (.fault, "no openclaw.lock at \(commit.prefix(8))", "Check out a release's tag.")
      }
      return (
        .expected,
        "\(commit.prefix(8)): skills \(lock.skills.version), OpenClaw "
          + lock.openclaw.version, ""
      )
    }
  }

  /// Empty if tags need no signature.
  private func signers() async -> [GatewayAnswer] {
    guard services.infra.asksForSignatures else { return [] }
    return [
      await answer("signers", "who may sign a tag") { () async throws(PortError) in
        try await services.infra.signers()
      } _: {
        (.expected, $0.joined(separator: ", "), "")
      }
    ]
  }

  private func fragments() async -> GatewayAnswer {
    await answer("fragments", spec.paths.tenants) { () async throws(PortError) in
      try await services.fragments.survey()
    } _: { survey in
      guard let first = survey.faults.first else {
        let count = survey.files.count
        return (.expected, count == 1 ? "1 tenant, in order" : "\(count) tenants, in order", "")
      }
      let more = survey.faults.count > 1 ? ", and \(survey.faults.count - 1) more" : ""
      return (.fault, first.sentence + more, "See all:  sluice tenants lint")
    }
  }

  private func service() async -> GatewayAnswer {
    await answer("service", Self.name(of: spec.openclaw.service)) { () async throws(PortError) in
      try await services.service.status()
    } _: { status in
      guard let pid = status.pid else {
        return (.fault, "no process", "Start it, and look at its log.")
      }
      return (.expected, "process \(pid)", "")
    }
  }

  private func user() async -> GatewayAnswer {
    await answer("user", "who the agent and the gateway run as") { () async throws(PortError) in
      try await services.service.status().pid
    } _: { pid in
      LeastPower.meaning(gateway: pid.flatMap(Processes.user), pid: pid)
    }
  }

  private static func name(of service: ServiceSpec) -> String {
    switch service {
    case .process(let program, _, _, _): program
    case .launchd(let domain, let label, _): "\(domain)/\(label)"
    case .systemd(let unit): unit
    }
  }

  /// Empty if the host has no earlier release.
  private func rollback() async -> [GatewayAnswer] {
    let began = services.time.now()
    guard let way = await RollbackReader(services: services, held: await state.held).read() else {
      return []
    }
    let sentence = way.sentence(on: spec.name, infra: spec.paths.infra)
    return [
      GatewayAnswer(
        capability: "rollback", asked: way.tag,
        level: way.isBroken ? .fault : sentence == nil ? .expected : .odd,
        came: sentence ?? "what it needs is there",
        means: "", milliseconds: services.time.milliseconds(since: began))
    ]
  }

  private func disk() async -> GatewayAnswer {
    let path = spec.paths.state
    return await answer("disk", path) { () async throws(PortError) in
      try Self.space(at: path)
    } _: { space in
      let came = "\(space.usedPercent) % full, \(Wording.bytes(space.free)) free"
      guard space.usedPercent >= Self.fullPercent else { return (.expected, came, "") }
      return (.odd, came, "Free some: a slice must fit, and a build's state.")
    }
  }

  private struct Space: Sendable {
    /// Bytes.
    var free: Int64
    var total: Int64
    var usedPercent: Int64 { total > 0 ? 100 - free * 100 / total : 0 }
  }

  private static func space(at path: String) throws(PortError) -> Space {
    do throws(SystemError) {
      let (free, total) = try Files.freeSpace(at: path)
      return Space(free: free, total: total)
    } catch { throw PortError(error) }
  }
}
