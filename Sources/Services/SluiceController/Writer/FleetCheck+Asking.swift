import SluiceCore
import SluicePorts
import SluiceStatus
import SluiceSystem

extension FleetCheck {
  /// Doctor alone may take twenty seconds, and the questions run one after another.
  private static let deadline = Duration.seconds(300)
  private static let queryDeadline = Duration.seconds(10)

  /// Asks every host every question that Sluice will need, and changes nothing.
  ///
  /// - Parameter wanted: only these hosts; empty: all.
  public static func take(
    _ services: FleetServices, hosts wanted: [HostName]
  ) async -> FleetCheck {
    let clients = services.hosts.filter { wanted.isEmpty || wanted.contains($0.key) }
    let release = await candidate(services)
    async let surveys = HostPoll(clients).ask(
      .survey(of: release?.release), deadline: queryDeadline)
    async let seen = probes(services.fleet.gateways.filter { clients[$0.name] != nil })
    async let times = clocks(clients)
    async let answers = HostPoll(clients).ask(.check, deadline: deadline)
    var balancer: Result<BalancerState, PortError>
    do throws(PortError) { balancer = .success(try await services.balancer.read()) } catch {
      balancer = .failure(error)
    }
    var hosts = await answers
    for (name, more) in Array(await seen) + Array(await times) {
      hosts[name] = hosts[name]?.map { check in
        var check = check
        check.answers.append(more)
        return check
      }
    }
    hosts = hosts.mapValues { $0.map(comparingVersions) }
    let found = await surveys
    return FleetCheck(
      hosts: hosts, balancer: balancer, stops: stops(found, services.fleet, release),
      release: release?.release, unconfined: services.traffic.lifecycle?.unconfined(),
      diff: FleetDiff(services.fleet, found.compactMapValues { try? $0.get() }))
  }

  /// With a remark where the agent is another version of Sluice than this program.
  private static func comparingVersions(_ check: HostCheck) -> HostCheck {
    var check = check
    check.answers += [
      VersionDifference(check.host, agent: check.sluiceVersion, writer: SluiceVersion.text)?.answer
    ].compactMap(\.self)
    return check
  }

  /// The hosts' clocks. A host that does not answer says so at its other questions.
  private static func clocks(
    _ clients: [HostName: any HostClient]
  ) async -> [HostName: GatewayAnswer] {
    await withTaskGroup(of: (HostName, GatewayAnswer)?.self) { group in
      for (name, link) in clients {
        group.addTask {
          let asked = SystemClock.wallMilliseconds()
          guard let probe = try? await link.ask(.probe, deadline: queryDeadline),
            let observed = Timestamp.milliseconds(probe.observedAt)
          else { return nil }
          return (
            name,
            ClockCheck.answer(
              host: observed.addingClamped(probe.ageMilliseconds), asked: asked,
              answered: SystemClock.wallMilliseconds())
          )
        }
      }
      return await group.reduce(into: [:]) { found, answer in
        if let (name, answer) = answer { found[name] = answer }
      }
    }
  }

  /// Remarks on the agents' answers to this machine, on which the keeper runs.
  private static func probes(_ hosts: [HostSpec]) async -> [HostName: GatewayAnswer] {
    let client = AgentProbe.client()
    defer { client.shutdown() }
    return await withTaskGroup(of: (HostName, GatewayAnswer?).self) { group in
      for host in hosts {
        group.addTask { (host.name, await AgentProbe.ask(host, client).answer(of: host)) }
      }
      var found: [HostName: GatewayAnswer] = [:]
      for await (name, answer) in group { found[name] = answer }
      return found
    }
  }

  /// The release of the next promotion, as far as it can be guessed, and the size of its pack.
  private static func candidate(_ services: FleetServices) async -> (
    release: Release, bytes: Int64
  )? {
    guard let commit = try? await services.checkout.state().commit,
      let release = (try? await services.checkout.release(at: commit)) ?? nil,
      let pack = try? await services.checkout.inspect(
        release, scratch: services.scratch("check"))
    else { return nil }
    return (release, pack.bytes)
  }

  private static func stops(
    _ answers: [HostName: Result<HostSurvey, PortError>], _ fleet: Fleet,
    _ candidate: (release: Release, bytes: Int64)?
  ) -> [HostName: [String]] {
    var stops: [HostName: [String]] = [:]
    for (name, answer) in answers {
      guard let host = fleet.host(name) else { continue }
      switch answer {
      case .success(let survey):
        stops[name] = PlanCheck.standing(
          host, survey, release: candidate?.release, packBytes: candidate?.bytes,
          mustBeSigned: fleet.signedTags != nil)
      case .failure(let error):
        let remedy = error.remedy.map { ". \($0)" } ?? ""
        stops[name] = ["\(name) does not say how it stands: \(error.message)\(remedy)"]
      }
    }
    return stops
  }
}
