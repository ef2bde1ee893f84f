import SluicePorts
import SluiceSystem

/// Rotates the logs of a process that runs for months, and of the programs that it started.
struct LogKeeping: Sendable {
  let paths: [String]
  let time: any Time

  private static let pause = Duration.seconds(60)

  /// Until the task is cancelled. A log that cannot be rotated, on a full disk, is tried again.
  func run() async {
    repeat {
      for path in paths { _ = try? LogRotation(path).rotateIfLarge() }
    } while (try? await time.sleep(for: Self.pause)) != nil
  }
}
