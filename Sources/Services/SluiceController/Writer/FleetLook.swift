import SluiceCore
import SluicePorts
import SluiceStatus

extension FleetLook {
  /// A host that takes longer to answer is shown as silent.
  public static let patience: Duration = .seconds(2)

  /// The balancer alone: no host is asked.
  public static func atDoor(_ fleet: Fleet) async -> FleetLook {
    guard let services = try? FleetServices(fleet) else { return FleetLook(answers: [:]) }
    return FleetLook(
      answers: [:], balancer: await read(services.balancer),
      door: services.traffic.lifecycle?.sight())
  }

  /// Asks all hosts at once; one that does not answer in time is silent.
  public static func take(_ fleet: Fleet, deadline: Duration) async -> FleetLook {
    guard let services = try? FleetServices(fleet) else { return FleetLook(answers: [:]) }
    return await take(
      services.links, services.balancer, door: services.traffic.lifecycle?.sight(),
      deadline: deadline)
  }

  public static func take(
    _ links: [HostName: any HostClient], _ balancer: (any Balancer)? = nil,
    door: DoorSight? = nil, deadline: Duration
  ) async -> FleetLook {
    async let state = read(balancer)
    let answers = await HostPoll(links).ask(.probe, deadline: deadline)
    return FleetLook(answers: answers, balancer: await state, door: door)
  }

  private static func read(_ balancer: (any Balancer)?) async -> Result<BalancerState, PortError>? {
    guard let balancer else { return nil }
    do throws(PortError) { return .success(try await balancer.read()) } catch {
      return .failure(error)
    }
  }
}
