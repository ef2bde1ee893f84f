/// How long things take in a rehearsal, and how much traffic there is. Milliseconds.
public struct RehearsalTiming: Sendable, Hashable {
  /// New sessions a second.
  public var sessionsPerSecond: Double
  public var holdMilliseconds: Int64
  public var bakeMilliseconds: Int64
  public var progressMilliseconds: Int64 = 90_000
  public var minimumSessions = 40
  public var judgeMilliseconds: Int64 = 1_000
  public var probeMilliseconds: Int64 = 1_000
  public var doctorMilliseconds: Int64 = 5_000
  public var maximumAgeMilliseconds: Int64 = 20_000
  public var drainMilliseconds: Int64 = 5_000
  public var startMilliseconds: Int64 = 60_000
  /// From the start of a stand-in's process to ready.
  public var gatewayStartMilliseconds = 800
  public var gatewayDoctorMilliseconds = 300
  public var firstSessionMilliseconds = 200

  /// How fast it may go: beyond this the machine's own times are all that is left.
  public static let speeds = 0.1...4.0

  /// - Parameter speed: 1 is about two and a half minutes for all four acts. Twice the speed halves
  ///   the times that are held and doubles the traffic that they need; what a machine needs to start
  ///   and to drain stays.
  public init(speed: Double = 1) {
    let speed = min(max(speed, Self.speeds.lowerBound), Self.speeds.upperBound)
    sessionsPerSecond = 60 * speed
    holdMilliseconds = Int64(7_000 / speed)
    bakeMilliseconds = Int64(3_000 / speed)
  }
}
