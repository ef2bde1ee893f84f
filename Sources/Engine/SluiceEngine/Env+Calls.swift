import SluiceCore
import SluiceJSON
import SluicePorts

extension Env {
  /// Performs one call of a run over the ports.
  func perform(_ call: Call) async -> Result<Answer, PortError> {
    do throws(PortError) { return .success(try await answer(to: call)) } catch {
      return .failure(error)
    }
  }

  private func answer(to call: Call) async throws(PortError) -> Answer {
    switch call {
    case .query(let host, let question, let deadline):
      return .host(try await client(to: host).answer(question, deadline: .milliseconds(deadline)))
    case .operation(let host, let operation, let id, let epoch, let deadline):
      return .report(
        try await client(to: host).perform(
          operation, id: id, epoch: epoch, deadline: .milliseconds(deadline)))
    case .balancer(let request, let epoch): return .balancer(try await ask(request, epoch))
    case .sleep(let milliseconds):
      do { try await time.sleep(for: .milliseconds(milliseconds)) } catch {
        throw PortError(.unknown, "the controller is stopping")
      }
      return .awake
    case .archive(let snapshot):
      let bytes: [UInt8]
      do { bytes = try CanonicalJSON.bytes(snapshot) } catch {
        throw PortError(.failed, "the fleet's state cannot be archived as last good: \(error)")
      }
      try await archive.write("last_good.json", bytes)
      return .archived
    }
  }

  private func client(to host: HostName) throws(PortError) -> any HostClient {
    guard let client = hosts[host] else {
      throw PortError(.failed, "\(host) is not in the fleet", remedy: "Check sluice.yaml.")
    }
    return client
  }

  private func ask(_ request: BalancerRequest, _ epoch: Epoch) async throws(PortError)
    -> BalancerAnswer
  {
    switch request {
    case .read: .state(try await balancer.read())
    case .apply(let weights): .state(try await balancer.apply(weights, epoch: epoch))
    case .takeOut(let host): .state(try await balancer.takeOut(host, epoch: epoch))
    case .giveBack(let host, let deadline):
      .state(
        try await balancer.giveBack(host, epoch: epoch, deadline: .milliseconds(deadline)))
    case .evict(let host): .connections(try await balancer.evict(host, epoch: epoch))
    }
  }
}
