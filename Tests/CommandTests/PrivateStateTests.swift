import SluicePorts
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceController

/// Files that the writer keeps for itself: no other account may arrange them.
@Suite("The writer's private directories")
struct PrivateStateTests {
  private func refusal(_ body: () async throws -> Void) async -> PortError? {
    do { try await body() } catch { return error as? PortError }
    return nil
  }

  @Test("writer.state that others may write to: no controller listens there, no plan is kept there")
  func writerState() async throws {
    let home = try TemporaryDirectory()
    try Files.makeDirectory(home("state/plans"), mode: 0o700)
    try Files.setMode(home("state"), 0o777)
    var writer = ExampleFleet.fleet().writer
    writer.state = home("state")
    let error = await refusal { _ = try ControlChannel.listen(writer) }
    #expect(error?.message.contains("\(home("state")) has mode 0777") == true)
    #expect(error?.remedy?.contains("chmod go-w \(home("state"))") == true)
    try Files.setMode(home("state"), 0o700)
    #expect(await refusal { try ControlChannel.listen(writer).close() } == nil)
  }

  @Test("balancer.directory that others may write to: no keeper works there")
  func balancerDirectory() async throws {
    let home = try TemporaryDirectory()
    var fleet = ExampleFleet.fleet()
    fleet.balancer.managed?.directory = home("haproxy")
    try Files.makeDirectory(home("haproxy"), mode: 0o770)
    let keeper = try #require(
      try Traffic.keeper(of: fleet, fleetPath: home("sluice.yaml")))
    for begin in [
      { try await keeper.run(untilStopped: true) { _ in } }, { _ = try await keeper.ensure() },
    ] {
      let error = await refusal(begin)
      #expect(error?.message.contains("\(home("haproxy")) has mode 0770") == true)
      #expect(error?.remedy?.contains("chmod go-w \(home("haproxy"))") == true)
    }
  }
}
