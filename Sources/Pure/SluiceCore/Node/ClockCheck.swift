/// How far a host's clock is from the writer's. Evidence of both machines is put into one order by
/// their clocks.
public enum ClockCheck {
  /// In milliseconds; a person should know of more.
  static let odd: Int64 = 2_000
  /// In milliseconds; with more, runs and sessions of one moment are told as of two.
  static let fault: Int64 = 30_000

  /// All times in milliseconds since 1970.
  ///
  /// - Parameters:
  ///   - host: the host's clock when it answered.
  ///   - asked: the writer's clock before the question.
  ///   - answered: the writer's clock after the answer.
  public static func answer(host: Int64, asked: Int64, answered: Int64) -> GatewayAnswer {
    let (level, came, means) = meaning(difference(host: host, asked: asked, answered: answered))
    return GatewayAnswer(
      capability: "clock", asked: "the time, over the link", level: level, came: came,
      means: means, milliseconds: answered.subtractingClamped(asked))
  }

  /// 0 while the host's time may have been the writer's; negative when the host is behind.
  static func difference(host: Int64, asked: Int64, answered: Int64) -> Int64 {
    if host < asked { return host.subtractingClamped(asked) }
    return host > answered ? host.subtractingClamped(answered) : 0
  }

  private static func meaning(
    _ difference: Int64
  ) -> (GatewayAnswer.Level, came: String, means: String) {
    let size = difference < 0 ? Int64(0).subtractingClamped(difference) : difference
    guard size > 0 else { return (.expected, "the writer's", "") }
    let came = "\(Wording.duration(size)) \(difference > 0 ? "ahead of" : "behind") the writer's"
    guard size > odd else { return (.expected, came, "") }
    return (
      size > fault ? .fault : .odd, came,
      "Let a time service set both clocks:  sntp -sS time.apple.com, or chronyc makestep"
    )
  }
}
