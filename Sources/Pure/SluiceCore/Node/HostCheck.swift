/// One question to OpenClaw, the answer, and its meaning for Sluice.
public struct GatewayAnswer: Sendable, Hashable, Codable {
  public enum Level: String, Sendable, Hashable, Codable {
    /// The answer is as expected from this dialect.
    case expected
    /// The capability works less well, or the answer is unknown to Sluice.
    case odd
    /// A capability that Sluice needs does not work.
    case fault
  }

  /// The capability in question: `build`, `identity`, `release`, `drain`, `doctor` …
  public var capability: String
  /// The command or method.
  public var asked: String
  public var level: Level
  /// The answer, in a few words.
  public var came: String
  /// The meaning of the answer, or the remedy.
  public var means: String
  public var milliseconds: Int64

  public init(
    capability: String, asked: String, level: Level, came: String, means: String,
    milliseconds: Int64
  ) {
    self.capability = capability
    self.asked = asked
    self.level = level
    self.came = came
    self.means = means
    self.milliseconds = milliseconds
  }
}

/// The result of `sluice check` for a host: every question is asked, nothing is changed.
public struct HostCheck: Sendable, Hashable, Codable {
  public var host: HostName
  public var sluiceVersion: String
  public var profile: GatewayProfile?
  public var answers: [GatewayAnswer]
  public var timings: HostTimings

  public init(
    host: HostName, sluiceVersion: String, profile: GatewayProfile?, answers: [GatewayAnswer],
    timings: HostTimings
  ) {
    self.host = host
    self.sluiceVersion = sluiceVersion
    self.profile = profile
    self.answers = answers
    self.timings = timings
  }

  public var worst: GatewayAnswer.Level {
    if answers.contains(where: { $0.level == .fault }) { return .fault }
    return answers.contains { $0.level == .odd } ? .odd : .expected
  }
}

/// How long a host's last start, warm-up, drain and Doctor took, in milliseconds; nil: not yet
/// measured since the agent's installation.
public struct HostTimings: Sendable, Hashable, Codable {
  /// From the beginning of the restart to ready.
  public var start: Int64?
  /// The first session after the restart.
  public var warmUp: Int64?
  public var drain: Int64?
  public var doctor: Int64?

  public init(
    start: Int64? = nil, warmUp: Int64? = nil, drain: Int64? = nil, doctor: Int64? = nil
  ) {
    self.start = start
    self.warmUp = warmUp
    self.drain = drain
    self.doctor = doctor
  }

  public var isEmpty: Bool { self == HostTimings() }

  /// `start 12 s, warm-up 8 s, Doctor 14 s`.
  public var sentence: String {
    let parts: [(String, Int64?)] = [
      ("drain", drain), ("start", start), ("warm-up", warmUp), ("Doctor", doctor),
    ]
    return parts.compactMap { name, value in
      value.map { "\(name) \(Wording.duration($0))" }
    }.joined(separator: ", ")
  }
}

extension HostTimings {
  /// OpenClaw itself retries a failing model; the caller gets the error after this time (measured,
  /// 2026.9.6: 70 to 79 s).
  static let retryMilliseconds: Int64 = 80_000

  /// Advice on the fleet's settings from the measured times; empty if the settings fit.
  public func advice(for fleet: Fleet) -> [String] {
    var advice: [String] = []
    if let doctor, fleet.probe.doctorMilliseconds < 2 * doctor {
      advice.append(
        "Doctor takes \(Wording.duration(doctor)) here and is to run every "
          + "\(Wording.duration(fleet.probe.doctorMilliseconds)): set probe.doctor to at least "
          + "\(Self.rounded(2 * doctor)).")
    }
    let whole = (start ?? 0) + (warmUp ?? 0)
    if whole * 2 > fleet.swing.startMilliseconds {
      advice.append(
        "start and warm-up take \(Wording.duration(whole)) here, swing.start allows "
          + "\(Wording.duration(fleet.swing.startMilliseconds)): set it to at least "
          + "\(Self.rounded(2 * whole)).")
    }
    return advice
  }

  /// Advice on the ramp, independent of the host.
  public static func advice(onHoldsOf fleet: Fleet) -> [String] {
    let short = fleet.ramp.steps.filter {
      max($0.holdMilliseconds, 2 * fleet.probe.intervalMilliseconds) < retryMilliseconds
    }
    guard let step = short.first else { return [] }
    return [
      "a step is held for \(Wording.duration(step.holdMilliseconds)); a model that fails is told "
        + "to its callers after about \(Wording.duration(retryMilliseconds)): in a hold shorter "
        + "than that only its retries are seen."
    ]
  }

  /// Rounded up to whole seconds.
  private static func rounded(_ milliseconds: Int64) -> String {
    Wording.duration((milliseconds + 999) / 1_000 * 1_000)
  }
}
