extension RehearsalRun {
  /// Outages, one after the other, each counted for so many seconds.
  ///
  /// - Returns: nil when it was interrupted.
  public func outages(_ outages: [Outage], seconds: Int) async throws -> OutagesSummary? {
    let message = message
    var programs = programs
    programs.hasDoctorScript = true
    return try await onFleet(OutageDrill.timing, programs) { fleet in
      let drill = OutageDrill(fleet: fleet, seconds: seconds) { message("\($0)\n") }
      return OutagesSummary(reports: try await drill.play(outages))
    }
  }
}
