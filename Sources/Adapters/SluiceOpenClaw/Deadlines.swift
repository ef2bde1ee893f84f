import SluicePorts

/// The deadlines of the gateway's answers; sessions and drains have their own.
public struct OpenClawDeadlines: Sendable, Hashable {
  /// For one answer over the gateway's protocol. They come within 150 ms; a busy host is slower.
  public var call = Duration.seconds(10)
  /// For one HTTP probe, and for the webhook digest (the runbook's `--max-time 3`).
  public var probe = Duration.seconds(3)
  /// For one run of the command-line program: 6 s alone, 40 s where three hosts share two
  /// processors. No caller waits for the run.
  public var command = Duration.seconds(180)
  /// How long a program may go on without a word after its whole answer; then it is ended.
  public var silence = Duration.seconds(5)

  public init() {}
}

extension Time {
  /// The work's result; nil when the work takes longer than the limit.
  func bounded<Value: Sendable>(
    by limit: Duration, _ work: @escaping @Sendable () async -> Value
  ) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
      group.addTask { await work() }
      group.addTask {
        // Cancelled: the wait is over as well.
        try? await sleep(for: limit)
        return nil
      }
      let first = await group.next()
      group.cancelAll()
      return first ?? nil
    }
  }
}
