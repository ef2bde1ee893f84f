/// One thing that OpenClaw was asked, what came, and what that means for Sluice.
public struct GatewayAnswer: Sendable, Hashable, Codable {
  public enum Level: String, Sendable, Hashable, Codable {
    /// As expected of this dialect.
    case expected
    /// Something that works less well, or that nobody has met.
    case odd
    /// Something that Sluice needs does not work.
    case fault
  }

  /// What it is needed for: `build`, `identity`, `release`, `drain`, `doctor` …
  public var capability: String
  /// The command or method.
  public var asked: String
  public var level: Level
  /// What came, in a few words.
  public var came: String
  /// What that means, or what to do about it.
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

/// What `sluice check` learns of a host: everything is asked, nothing is changed.
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

/// How long things took on a host when they were last done there, in milliseconds; nil: not yet
/// since its agent was installed.
public struct HostTimings: Sendable, Hashable, Codable {
  /// From the restart's beginning to ready.
  public var start: Int64?
  /// The first session after it.
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
  /// A failing model is retried inside OpenClaw; its caller hears of it after this (measured,
  /// 2026.9.6: 70 to 79 s).
  static let retryMilliseconds: Int64 = 80_000

  /// What the measured times mean for the fleet's settings; empty when they fit.
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

  /// The same for the ramp, whatever the host.
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

  /// Whole seconds, upwards.
  private static func rounded(_ milliseconds: Int64) -> String {
    Wording.duration((milliseconds + 999) / 1_000 * 1_000)
  }
}
