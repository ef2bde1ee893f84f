import SluicePorts

extension RehearsalRun {
  /// The good release, its controller killed after every one of these ledger lines, one at a time.
  ///
  /// - Returns: nil when it was interrupted.
  public func killPoints(_ lines: ClosedRange<Int>) async throws -> KillPointsSummary? {
    try await onFleet(KillPoints.timing, programs) { try await killPoints(lines, on: $0) }
  }

  private func killPoints(
    _ lines: ClosedRange<Int>, on fleet: RehearsalFleet
  ) async throws -> KillPointsSummary {
    var options = LoadOptions(target: fleet.layout.balancer, token: fleet.token)
    options.sessionsPerSecond = 20
    let load = Load(options)
    let message = message
    let play = KillPoints(fleet: fleet, load: load) { message("\($0)\n") }
    return try await withThrowingTaskGroup(of: KillPointsSummary?.self) { group in
      group.addTask {
        await load.run()
        return nil
      }
      group.addTask {
        defer { load.stop() }
        return KillPointsSummary(points: try await play.play(lines))
      }
      var summary: KillPointsSummary?
      for try await result in group { summary = result ?? summary }
      guard let summary else { throw PortError(.failed, "nothing was played") }
      return summary
    }
  }
}
