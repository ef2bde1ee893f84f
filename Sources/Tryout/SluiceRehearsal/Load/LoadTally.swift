import SluiceCore
import SluiceSystem
import Synchronization

/// The counters of a load: sessions write, the narrator reads.
final class LoadTally: Sendable {
  private let counts = Mutex(LoadSnapshot())
  private let stopping = Mutex(false)
  private let underWay = Mutex(0)

  var isStopping: Bool { stopping.withLock { $0 } }
  func stop() { stopping.withLock { $0 = true } }

  /// Turns of HTTP sessions that are not answered yet.
  var turnsUnderWay: Int { underWay.withLock { $0 } }
  func turnBegan() { underWay.withLock { $0 += 1 } }
  func turnEnded() { underWay.withLock { $0 -= 1 } }

  var snapshot: LoadSnapshot {
    var copy = counts.withLock { $0 }
    copy.monotonicMilliseconds = SystemClock.monotonicMilliseconds()
    return copy
  }

  func sessionBegan(webSocket: Bool = false) {
    counts.withLock {
      $0.sessions += 1
      if webSocket { $0.webSocketSessions += 1 }
    }
  }

  func socketClosed(_ code: UInt16) {
    counts.withLock { $0.socketsClosed[code, default: 0] += 1 }
  }

  func turnSent() { counts.withLock { $0.turns += 1 } }
  func waited() { counts.withLock { $0.waits += 1 } }
  func contextLost() { counts.withLock { $0.moved += 1 } }

  /// - Parameter isCut: whether the connection was closed in the middle of a turn.
  func lost(_ reason: String, isCut: Bool = false) {
    counts.withLock {
      $0.lost += 1
      if isCut { $0.cut += 1 }
      $0.losses[reason, default: 0] += 1
    }
  }

  /// - Parameter arm: nil when no balancer said one.
  func replied(release: String, arm: Arm?, isFirst: Bool, isLong: Bool = false) {
    let now = SystemClock.wallMilliseconds()
    counts.withLock {
      $0.answered += 1
      if isLong { $0.longTurns += 1 }
      $0.versions[release, default: .init()].turns += 1
      $0.versions[release]?.lastTurnMilliseconds = now
      guard isFirst else { return }
      $0.versions[release]?.sessions += 1
      $0.versions[release]?.lastSessionMilliseconds = now
      if let arm { $0.arms[arm, default: .init()].sessions += 1 }
    }
  }

  func failed(arm: Arm?, isFirst: Bool) {
    counts.withLock {
      $0.releaseErrors += 1
      guard let arm else { return }
      $0.arms[arm, default: .init()].errors += 1
      if isFirst { $0.arms[arm]?.sessions += 1 }
    }
  }
}
