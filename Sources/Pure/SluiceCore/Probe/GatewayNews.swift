/// Events that a gateway sends by itself over Sluice's open connection. They contain nothing that
/// people say.
public enum GatewayNews: Sendable, Hashable {
  /// The connection is open; `bootID` is the boot that answers.
  case connected(bootID: String)
  /// The connection ended, with the cause.
  case disconnected(String)
  /// `accepting`, `preparing`, `draining`, `prepared`.
  case suspension(phase: String)
  /// The gateway is about to close, to end or to restart.
  case shutdown(reason: String)
  /// A run began and will query its model.
  case runStarted
  /// The model did not answer a run and is asked again. The event arrives seconds after the model
  /// begins to fail; the caller gets the error after more than a minute.
  case runRetried
}

/// The number of runs that began and of model retries in a sliding window.
public struct RetryWindow: Sendable, Hashable {
  /// The length of the window, in milliseconds.
  public static let span: Int64 = 60_000
  /// Fewer retries than this are chance.
  public static let many = 3

  private var started: [Int64] = []
  private var retried: [Int64] = []

  public init() {}

  /// - Parameter now: monotonic milliseconds.
  public mutating func take(_ news: GatewayNews, now: Int64) {
    switch news {
    case .runStarted: started.append(now)
    case .runRetried: retried.append(now)
    case .connected, .disconnected, .suspension, .shutdown: return
    }
    forget(now)
  }

  private mutating func forget(_ now: Int64) {
    started.removeAll { now - $0 > Self.span }
    retried.removeAll { now - $0 > Self.span }
  }

  /// The counts at this time.
  public func reading(now: Int64) -> Retries {
    Retries(
      runs: started.count { now - $0 <= Self.span },
      retries: retried.count { now - $0 <= Self.span })
  }
}

/// The counts of one minute.
public struct Retries: Sendable, Hashable, Codable {
  public var runs: Int
  public var retries: Int

  public init(runs: Int, retries: Int) {
    self.runs = runs
    self.retries = retries
  }

  /// At least three retries, and one for every five runs that began.
  public var areMany: Bool { retries >= RetryWindow.many && retries * 5 >= runs }
}
