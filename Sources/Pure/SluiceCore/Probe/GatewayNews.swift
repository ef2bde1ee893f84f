/// What a gateway tells by itself, over the connection that is kept to it. Nothing of what people
/// say is in it.
public enum GatewayNews: Sendable, Hashable {
  /// The connection stands; the boot that answers.
  case connected(bootID: String)
  /// It ended, and why.
  case disconnected(String)
  /// `accepting`, `preparing`, `draining`, `prepared`.
  case suspension(phase: String)
  /// The gateway is about to close, to end or to restart.
  case shutdown(reason: String)
  /// A run began: its model will be asked.
  case runStarted
  /// The model did not answer a run, and is asked again: seconds after it begins to fail, where the
  /// caller hears of it after more than a minute.
  case runRetried
}

/// How many runs began, and how often a model had to be asked again, over the last while.
public struct RetryWindow: Sendable, Hashable {
  /// How far back it looks, in milliseconds.
  public static let span: Int64 = 60_000
  /// Fewer retries than this are luck.
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

  /// As it stands now.
  public func reading(now: Int64) -> Retries {
    Retries(
      runs: started.count { now - $0 <= Self.span },
      retries: retried.count { now - $0 <= Self.span })
  }
}

/// Of one minute.
public struct Retries: Sendable, Hashable, Codable {
  public var runs: Int
  public var retries: Int

  public init(runs: Int, retries: Int) {
    self.runs = runs
    self.retries = retries
  }

  /// At least three, and one for every five runs that began.
  public var areMany: Bool { retries >= RetryWindow.many && retries * 5 >= runs }
}
