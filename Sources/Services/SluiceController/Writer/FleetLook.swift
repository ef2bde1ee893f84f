import SluiceCore
import SluicePorts

/// What every host's agent says of it now.
public struct FleetLook: Sendable {
  public let answers: [HostName: Result<MergedProbe, PortError>]
  /// The balancer as it reads back now, or why it does not; nil when it was not asked.
  public let balancer: Result<BalancerState, PortError>?
  /// Its process and keeper; nil when nobody looked.
  public let door: DoorSight?

  public init(
    answers: [HostName: Result<MergedProbe, PortError>],
    balancer: Result<BalancerState, PortError>? = nil, door: DoorSight? = nil
  ) {
    self.answers = answers
    self.balancer = balancer
    self.door = door
  }

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
    _ links: [HostName: any HostLink], _ balancer: (any Balancer)? = nil,
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
