import SluiceSystem

/// SIGHUP, SIGINT and SIGTERM end the running work, but not the cleanup.
public enum Interruption {
  public static let numbers: [Int32] = [1, 2, 15]

  /// Runs the body until it ends or a signal cancels it. Then runs the cleanup, which is not
  /// cancelled and which no further signal ends.
  ///
  /// - Returns: the body's value; nil when it was interrupted.
  public static func guarding<Value: Sendable>(
    against numbers: [Int32] = numbers, _ body: @escaping @Sendable () async throws -> Value,
    cleanup: @Sendable () async -> Void
  ) async throws -> Value? {
    // The one that is listened to ends with the body; this one holds the signals off until the end.
    let held = SignalStream.signals(numbers)
    let result: Result<Value?, any Error>
    do {
      result = .success(try await race(body, SignalStream.signals(numbers)))
    } catch {
      result = .failure(error)
    }
    await cleanup()
    return try withExtendedLifetime(held) { try result.get() }
  }

  private static func race<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value, _ signals: AsyncStream<Int32>
  ) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        for await _ in signals { return nil }
        // The stream ends by cancellation only: the body is over.
        return nil
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }
}
