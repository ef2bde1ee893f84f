/// The traffic of a load.
public struct LoadOptions: Sendable, Hashable {
  /// How every turn of every client begins.
  public static let question = "What is next?"

  /// Where clients reach the fleet, `host:port`.
  public var target: String
  public var token: String
  /// New sessions a second, on average; arrivals do not wait for answers.
  public var sessionsPerSecond: Double = 60
  /// The most turns of sessions at once; a later session waits before it begins. More load on a
  /// full machine would only show that the machine is full.
  public var mostAtOnce = Int.max
  /// Of a hundred sessions, how many are conversations that the balancer knows by their session
  /// key, and by the cookies that it set.
  public var keyedPercent = 6
  public var cookiePercent = 3
  /// Of a conversation; every other session has one turn.
  public var turns = 5
  public var thinkMilliseconds = 1_500
  /// WebSockets that are open at once, each for one conversation after another.
  public var webSockets = 2
  /// Conversations that live as long as the load, and those that join each act in its middle; by
  /// key and by cookies, over HTTP and over WebSockets, in turn.
  public var residents = 0
  public var lateResidents = 0
  /// Between two turns of theirs, about.
  public var residentPauseMilliseconds = 16_000
  /// How long a client continues to ask when the balancer asks it to wait.
  public var patienceMilliseconds: Int64 = 60_000
  /// For one answer.
  public var answerMilliseconds: Int64 = 20_000
  /// How a release's own failure to answer looks: status and message.
  public var releaseError = ReleaseError.provider
  /// Of the last turn of every second conversation, where the model obeys such a wish; 0: none.
  public var longTurnSeconds = 0
  public var seed: UInt64 = 1

  public enum ReleaseError: Sendable, Hashable {
    /// A provider that fails.
    case provider
    /// A model that says nothing (measured, 2026.9.4 and 2026.9.6).
    case silentModel

    var status: Int { self == .provider ? 502 : 500 }
    var message: String { self == .provider ? "upstream provider error" : "internal error" }
  }

  public init(target: String, token: String) {
    self.target = target
    self.token = token
  }
}

extension LoadOptions {
  /// The load of clients on a rehearsal's fleet. Real gateways answer in seconds, and a WebSocket's
  /// conversation goes on for ever: it must not be most of what they have to do.
  ///
  /// - Parameter realStart: how long a real gateway may take to start, milliseconds; nil for
  ///   stand-ins.
  init(target: String, token: String, sessionsPerSecond: Double, realStart: Int64?) {
    self.init(target: target, token: token)
    self.sessionsPerSecond = sessionsPerSecond
    guard let realStart else { return }
    mostAtOnce = 8
    turns = 3
    thinkMilliseconds = 10_000
    patienceMilliseconds = realStart
    answerMilliseconds = 90_000
    releaseError = .silentModel
    longTurnSeconds = 20
  }
}

extension RehearsalFleet {
  var loadOptions: LoadOptions {
    var options = KeptClients(self).options
    (options.residents, options.lateResidents) = programs.build == nil ? (24, 16) : (4, 2)
    return options
  }
}
