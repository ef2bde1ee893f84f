import SluiceCore
import SluiceHTTP
import SluiceJSON
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceAgent

/// A clock that a test moves.
final class SteppedTime: Time {
  private let milliseconds = Mutex<Int64>(1_000_000)

  func now() -> Moment {
    let now = milliseconds.withLock { $0 }
    return Moment(wallMilliseconds: now, monotonicMilliseconds: now, boot: "boot")
  }
  func sleep(for duration: Duration) async throws(CancellationError) {
    do { try await Task.sleep(for: duration) } catch { throw CancellationError() }
  }
  func step(_ by: Int64) { milliseconds.withLock { $0 += by } }
}

/// The controller tells an agent which tenants have traffic.
@Suite("Tenants without traffic, at the agent", .serialized)
struct QuietTenantTests {
  private static let red = DoctorFinding(
    check: "core/doctor/token", severity: .error, requirement: nil, path: nil, target: nil,
    message: "no token")

  /// Doctor finds a new error for acme, and nothing for globex.
  private static func host() async throws -> TestHost {
    let host = try await TestHost()
    await host.gateway.change { $0.tenantFindings = ["acme": [red], "globex": []] }
    return host
  }

  private static func ask(
    _ client: any HostClient, busy names: [String], within: Int64 = 60_000
  ) async throws -> MergedProbe {
    let busy = BusyTenants(names: names, withinMilliseconds: within)
    guard
      case .probe(let probe) = try await client.answer(
        .probe(busy: busy), deadline: .seconds(60))
    else { throw PortError(.failed, "no probe") }
    return probe
  }

  @Test("a quiet tenant is shown and not held against the host, over the socket and over HTTP")
  func told() async throws {
    let host = try await Self.host()
    try await host.withAgent { client in
      let strict = try await host.probe { $0.doctor["acme"] != nil && $0.skills.resolved != nil }
      #expect(strict.status == .fail)
      #expect(strict.traffic?.toldAt == nil && strict.traffic?.busy == ["acme", "globex"])

      let probe = try await Self.ask(client, busy: ["globex", "umbrella"])
      #expect(probe.status == .ok && probe.reasons == [])
      #expect(probe.traffic?.busy == ["globex"] && probe.traffic?.quiet == ["acme"])
      #expect(probe.doctor["acme"]?.new == ["error core/doctor/token"])
      #expect(probe.fingerprint == strict.fingerprint)

      let http = HTTPClient()
      defer { http.shutdown() }
      let page = try await http.send(HTTPRequest("GET", "http://\(host.spec.probe)/readyz"))
      let served = try CanonicalJSON.decode(MergedProbe.self, from: page.body)
      #expect(page.status == 200 && served.traffic == probe.traffic)
      let check = try await client.ask(.check)
      #expect(
        check.answers.first { $0.capability == "traffic" }?.came
          == "judged: globex; quiet for 1 min, so not judged: acme (1 kind of new findings)")

      #expect(try await Self.ask(client, busy: ["acme"]).status == .fail)
      #expect(
        try await http.send(HTTPRequest("GET", "http://\(host.spec.probe)/readyz")).status == 503)
      // A query without a list says nothing about tenants.
      #expect(try await client.probe().traffic?.busy == ["acme"])
    }
  }

  @Test("a list that no controller sends is refused in words, and the last word stays")
  func refused() async throws {
    let host = try await Self.host()
    try await host.withAgent { client in
      _ = try await host.probe { $0.doctor["acme"] != nil && $0.skills.resolved != nil }
      let word = try await Self.ask(client, busy: ["globex"])
      let hostile: [([String], Int64)] = [
        ((0...BusyTenants.most).map { "t\($0)" }, 60_000), (["ACME"], 60_000), (["acme\n"], 60_000),
        (["acme"], 0), (["acme"], 86_400_001),
      ]
      for (names, within) in hostile {
        let error = await portError {
          _ = try await Self.ask(client, busy: names, within: within)
        }
        #expect(error.kind == .refused, "\(error)")
        #expect(
          error.message.hasPrefix(
            "the agent of mac-a was told a list of tenants that it does not take: "), "\(error)")
      }
      #expect(try await client.probe().traffic == word.traffic)
    }
  }

  @Test("a controller that falls silent is believed for the interval, then every tenant is judged")
  func silence() async throws {
    let host = try await Self.host()
    let time = SteppedTime()
    var services = host.services
    services.time = time
    let refresher = ProbeRefresher(
      host: host.spec, policy: host.fleet.probe, services: services,
      state: try OperationState(directory: host.spec.paths.state, time: time),
      counters: AgentCounters())
    func probe() async -> MergedProbe { await refresher.board.probe(at: time.now()) }
    await refresher.refresh()
    await refresher.askDoctor()
    await refresher.hear(BusyTenants(names: [], withinMilliseconds: 60_000))
    #expect(await probe().status == .ok)
    time.step(60_000)
    await refresher.refresh()
    #expect(await probe().traffic?.quiet == ["acme", "globex"])
    time.step(1)
    await refresher.refresh()
    #expect(await probe().status == .fail)
    #expect(await probe().traffic?.toldAt == nil)
    await refresher.hear(BusyTenants(names: [], withinMilliseconds: 60_000))
    #expect(await probe().status == .ok)
  }
}
