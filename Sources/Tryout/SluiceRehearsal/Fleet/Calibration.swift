import SluiceCore

/// The times of real gateways on this machine, measured before the first act. Milliseconds.
public struct Calibration: Sendable, Hashable {
  /// From the start of a process to ready; the slowest gateway's.
  public var startMilliseconds: Int64
  /// The first session after it.
  public var firstSessionMilliseconds: Int64
  /// A later one, alone.
  public var sessionMilliseconds: Int64
  /// That all gateways together answer when they have nothing else to do.
  public var sessionsPerSecond: Double
  /// One run, alone.
  public var doctorMilliseconds: Int64
  /// Resident, of the largest gateway; nil when the system does not say.
  public var memoryBytes: Int64?

  public init(
    startMilliseconds: Int64, firstSessionMilliseconds: Int64, sessionMilliseconds: Int64,
    sessionsPerSecond: Double, doctorMilliseconds: Int64, memoryBytes: Int64?
  ) {
    self.startMilliseconds = startMilliseconds
    self.firstSessionMilliseconds = firstSessionMilliseconds
    self.sessionMilliseconds = sessionMilliseconds
    self.sessionsPerSecond = sessionsPerSecond
    self.doctorMilliseconds = doctorMilliseconds
    self.memoryBytes = memoryBytes
  }

  /// The measurements, and their consequences for the rehearsal and for the operator's own fleet.
  func lines(_ timing: RehearsalTiming) -> [String] {
    let memory = memoryBytes.map { ", \($0 / 1_000_000) MB a gateway" } ?? ""
    return [
      "here a start takes \(Figures.duration(startMilliseconds)), the first session after it "
        + "\(Figures.duration(firstSessionMilliseconds)), a later one "
        + "\(Figures.duration(sessionMilliseconds)), Doctor "
        + "\(Figures.duration(doctorMilliseconds))\(memory)",
      "so \(Figures.decimal(timing.sessionsPerSecond)) sessions a second, steps of "
        + "\(Figures.duration(timing.holdMilliseconds)) or more, a probe every "
        + "\(Figures.duration(timing.probeMilliseconds)), Doctor every "
        + Figures.duration(timing.doctorMilliseconds),
      "for a fleet on such hosts: swing.start of "
        + "\(Figures.duration(3 * (startMilliseconds + firstSessionMilliseconds))) or more, "
        + "probe.doctor of \(Figures.duration(10 * doctorMilliseconds)) or more",
    ]
  }
}
