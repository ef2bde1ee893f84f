import SluiceCore
import SluicePorts

/// The ports of a trial.
public struct TrialServices: Sendable {
  public var store: any TrialStore
  public var builds: any BuildTrying

  public init(store: any TrialStore, builds: any BuildTrying) {
    self.store = store
    self.builds = builds
  }
}

/// The ports of one gateway host.
public struct AgentServices: Sendable {
  public var slices: any SliceStore
  public var infra: any InfraCheckout
  public var fragments: any FragmentStore
  /// Nil: secrets are not looked at.
  public var secrets: (any SecretStore)?
  public var service: any ServiceManager
  /// Reads the gateway; `gatewayMoves` changes it.
  public private(set) var gateway: any GatewayReading
  public private(set) var gatewayMoves: any GatewayMoving
  public private(set) var runLog: any GatewayRunLog
  public private(set) var news: any GatewayNewsSource
  public var time: any Time
  /// Nil if the host declares no builds.
  public var builds: (any BuildStore)?
  public var openclawState: (any StateStore)?
  /// Nil: no build can be tried on this host.
  public var trials: TrialServices?

  public init(
    slices: any SliceStore, infra: any InfraCheckout, fragments: any FragmentStore,
    service: any ServiceManager, gateway: any WholeGateway, time: any Time,
    builds: (any BuildStore)? = nil, openclawState: (any StateStore)? = nil,
    secrets: (any SecretStore)? = nil, trials: TrialServices? = nil
  ) {
    self.trials = trials
    self.secrets = secrets
    self.slices = slices
    self.infra = infra
    self.fragments = fragments
    self.service = service
    self.gateway = gateway
    gatewayMoves = gateway
    runLog = gateway
    news = gateway
    self.time = time
    self.builds = builds
    self.openclawState = openclawState
  }

  /// The same host with another gateway behind all four ports.
  public func with(gateway: any WholeGateway) -> AgentServices {
    var services = self
    (services.gateway, services.gatewayMoves) = (gateway, gateway)
    (services.runLog, services.news) = (gateway, gateway)
    return services
  }
}

extension Time {
  /// Milliseconds since an earlier moment; 0 across a reboot of this machine.
  func milliseconds(since earlier: Moment) -> Int64 { now().milliseconds(since: earlier) ?? 0 }

  /// Waits. After a cancellation the result of the work is unknown.
  func pause(_ milliseconds: Int64) async throws(PortError) {
    do { try await sleep(for: .milliseconds(milliseconds)) } catch {
      throw PortError(.unknown, "the agent is stopping")
    }
  }
}
