import SluiceCore

/// How long things take in a rehearsal, and how much traffic there is. Milliseconds.
public struct RehearsalTiming: Sendable, Hashable {
  /// New sessions a second.
  public var sessionsPerSecond: Double
  /// Of the ramp's steps, in per cent.
  public var shares = [5, 20, 40]
  public var holdMilliseconds: Int64
  /// Of the last step; nil: as long as the others.
  public var lastHoldMilliseconds: Int64?
  public var bakeMilliseconds: Int64
  public var progressMilliseconds: Int64 = 90_000
  public var minimumSessions = 40
  public var judgeMilliseconds: Int64 = 1_000
  public var probeMilliseconds: Int64 = 1_000
  public var doctorMilliseconds: Int64 = 5_000
  public var maximumAgeMilliseconds: Int64 = 20_000
  public var restart = SwingPolicy.Restart.always
  public var restartBy = SwingPolicy.RestartBy.service
  public var drainMilliseconds: Int64 = 5_000
  public var rollbackDrainMilliseconds: Int64 = 5_000
  public var startMilliseconds: Int64 = 60_000
  /// From the start of a stand-in's process to ready.
  public var gatewayStartMilliseconds = 800
  public var gatewayDoctorMilliseconds = 300
  public var firstSessionMilliseconds = 200
  /// Sessions that a stable stand-in works on at once; the rest queue. Nil: more than there are.
  public var stableLane: Int?
  /// A busy machine lets queues grow, which acts do not rehearse.
  public var queueLimit = 1_000
  /// How long a command that waits for the end of a promotion may take.
  public var commandMilliseconds: Int64 = 170_000
  /// From the start of a gateway or an agent to ready, at the longest.
  public var readyMilliseconds: Int64 = 30_000

  /// For drills, which try the order of events and not the judge.
  static var quick: RehearsalTiming {
    var timing = RehearsalTiming()
    timing.holdMilliseconds = 1_000
    timing.bakeMilliseconds = 300
    timing.minimumSessions = 3
    timing.judgeMilliseconds = 500
    timing.probeMilliseconds = 500
    timing.gatewayStartMilliseconds = 300
    timing.firstSessionMilliseconds = 50
    return timing
  }

  /// How fast it may go: beyond this the machine's own times are all that is left.
  public static let speeds = 0.1...4.0

  /// - Parameter speed: 1 is about two and a half minutes for all four acts. Twice the speed halves
  ///   the dwells and doubles the traffic that they need; the machine's times for a start and a
  ///   drain stay.
  public init(speed: Double = 1) {
    let speed = min(max(speed, Self.speeds.lowerBound), Self.speeds.upperBound)
    sessionsPerSecond = 60 * speed
    holdMilliseconds = Int64(7_000 / speed)
    bakeMilliseconds = Int64(3_000 / speed)
  }

  /// For real gateways: few sessions, so fewer steps, and what a busy machine needs.
  static func real(speed: Double = 1) -> RehearsalTiming {
    var timing = RehearsalTiming(speed: speed)
    timing.sessionsPerSecond = 1
    // The first step is as large as a ramp allows, so that it need not last for ever.
    timing.shares = [10, 30]
    timing.holdMilliseconds = Int64(15_000 / speed)
    timing.bakeMilliseconds = Int64(5_000 / speed)
    // A dozen sessions that all fail, or all take twice as long, are no chance.
    timing.minimumSessions = 6
    timing.progressMilliseconds = 900_000
    timing.probeMilliseconds = 5_000
    timing.doctorMilliseconds = 120_000
    timing.maximumAgeMilliseconds = 60_000
    timing.drainMilliseconds = 60_000
    timing.rollbackDrainMilliseconds = 30_000
    timing.startMilliseconds = 300_000
    timing.commandMilliseconds = 3_600_000
    timing.readyMilliseconds = 300_000
    return timing
  }

  /// The measurements decide the amount of traffic and the interval of Doctor.
  func fitted(to machine: Calibration) -> RehearsalTiming {
    var timing = self
    timing.sessionsPerSecond = min(
      max(machine.sessionsPerSecond * Self.load, Self.leastSessions), Self.mostSessions)
    // Held for as long as a dozen sessions take that come one after the other.
    timing.holdMilliseconds = max(holdMilliseconds, 3 * machine.sessionMilliseconds)
    // Doctor takes a processor: a tenth of one is enough for it.
    timing.doctorMilliseconds = max(doctorMilliseconds, 10 * machine.doctorMilliseconds)
    timing.maximumAgeMilliseconds = max(
      maximumAgeMilliseconds, 4 * machine.doctorMilliseconds)
    return timing
  }

  /// Of what the gateways can carry: swings, Doctor and the agents need the rest.
  private static let load = 0.35
  private static let leastSessions = 0.2
  private static let mostSessions = 1.5
}
