import SluiceCore
import SluiceHAProxy
import SluicePorts
import SluiceStatus
import SluiceSystem

/// The process of the managed HAProxy.
struct HAProxyLifecycle: BalancerLifecycle {
  private let haproxy: ManagedHAProxy
  /// What a person can do about clients that ask without end.
  private let floodRemedy: String

  init(_ haproxy: ManagedHAProxy, _ spec: HAProxySpec) {
    self.haproxy = haproxy
    floodRemedy = FloodCount.remedy(spec)
  }

  func ensureRunning() async throws(PortError) -> BalancerProcess {
    BalancerProcess(try await haproxy.ensureRunning())
  }

  func restart() async throws(PortError) -> BalancerProcess {
    BalancerProcess(try await haproxy.restart())
  }

  func stop() async throws(PortError) { try await haproxy.stop() }

  func sight() -> DoorSight {
    DoorSight(
      wasEverStarted: haproxy.wasEverStarted(), hasProcess: haproxy.hasProcess(),
      isStopped: haproxy.isStoppedByOperator(),
      keeper: KeeperSight.take(haproxy.files, now: SystemClock.wallMilliseconds())
        .report(floodRemedy: floodRemedy))
  }

  func unconfined() -> String? { haproxy.unconfined() }
}

extension BalancerProcess {
  fileprivate init(_ running: ManagedHAProxy.Running) {
    self.init(
      program: "HAProxy \(running.version)", processID: running.process.pid,
      wasAdopted: running.wasAdopted)
  }
}
