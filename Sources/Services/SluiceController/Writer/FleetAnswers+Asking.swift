import SluiceCore
import SluicePorts
import SluiceStatus

extension FleetAnswers {
  /// A host that takes longer counts as silent.
  public static let patience: Duration = .seconds(2)

  /// Reads only the balancer and queries no host.
  public static func atDoor(_ fleet: Fleet) async -> FleetAnswers {
    guard let services = try? FleetServices(fleet) else { return FleetAnswers(hosts: [:]) }
    return FleetAnswers(
      hosts: [:], balancer: await read(services.balancer),
      door: services.traffic.lifecycle?.sight())
  }

  /// Queries all hosts at once. A host that does not answer in time counts as silent.
  public static func take(_ fleet: Fleet, deadline: Duration) async -> FleetAnswers {
    guard let services = try? FleetServices(fleet) else { return FleetAnswers(hosts: [:]) }
    var answers = await take(
      services.hosts, services.balancer, door: services.traffic.lifecycle?.sight(),
      deadline: deadline)
    answers.versions = services.versions.all.reduce(into: [:]) {
      $0[$1.key] = VersionDifference($1.key, agent: $1.value, writer: SluiceVersion.text)
    }
    return answers
  }

  public static func take(
    _ clients: [HostName: any HostClient], _ balancer: (any Balancer)? = nil,
    door: DoorSight? = nil, deadline: Duration
  ) async -> FleetAnswers {
    async let state = read(balancer)
    let answers = await HostPoll(clients).ask(.probe, deadline: deadline)
    return FleetAnswers(hosts: answers, balancer: await state, door: door)
  }

  private static func read(_ balancer: (any Balancer)?) async -> Result<BalancerState, PortError>? {
    guard let balancer else { return nil }
    do throws(PortError) { return .success(try await balancer.read()) } catch {
      return .failure(error)
    }
  }
}
