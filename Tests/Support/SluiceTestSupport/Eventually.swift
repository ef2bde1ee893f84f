import SluiceSystem

/// Looks again and again whether the condition holds: `#expect(await eventually { … })`.
///
/// - Returns: false when it did not hold within the time, which is a bound against hanging and no
///   expectation: it costs nothing when the condition holds sooner.
public func eventually(
  within limit: Duration = .seconds(60), isolation: isolated (any Actor)? = #isolation,
  _ condition: () async throws -> Bool
) async rethrows -> Bool {
  let (seconds, attoseconds) = limit.components
  let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
  let end = SystemClock.monotonicMilliseconds() + milliseconds
  var pause = Duration.milliseconds(1)
  while true {
    if try await condition() { return true }
    if SystemClock.monotonicMilliseconds() >= end { return false }
    guard (try? await SystemClock.sleep(for: pause)) != nil else { return false }
    pause = min(pause * 2, .milliseconds(50))
  }
}
