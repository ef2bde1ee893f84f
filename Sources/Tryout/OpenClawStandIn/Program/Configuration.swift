/// The keys of `openclaw.json` that the stand-in uses.
public struct Configuration: Sendable {
  public enum Bind: String, Sendable, CaseIterable {
    case auto, lan, loopback
  }

  /// When a flipped link becomes real.
  public enum Links: String, Sendable, CaseIterable {
    /// At the next start, for `skills.status` and every session alike: only a restart proves a swing.
    case cold
    /// Within 0.3 s, for new and existing sessions, as 2026.9 does it.
    case hot
  }

  /// The stand-in's own part: the object `standin`. Times are milliseconds.
  public struct StandIn: Sendable {
    /// From the start of the process to ready.
    public var startMs = 1500
    /// From the request of a restart in place to ready again.
    public var restartInPlaceMs = 800
    /// The same from one restart in place to the next.
    public var restartCooldownMs = 30_000
    /// The additional time of the first session after a start.
    public var firstSessionExtraMs = 400
    public var doctorMs = 1500
    /// How long a suspension lasts without renewal.
    public var suspensionMs = 120_000
    public var links = Links.hot
    public var version = "2026.9.6"
    /// Runs that the lane `main` admits at once; the rest queue.
    public var maxConcurrent = 1000
    /// The runbook's digest endpoint; nil: there is none.
    public var webhookDigestPort: UInt16?
    /// Of the latencies; nil takes the gateway's port, so that hosts differ.
    public var seed: UInt64?
  }

  public var path: String
  public var stateDirectory: String
  public var port: UInt16
  public var bind: Bind
  public var token: String
  public var trustedProxies: [String]
  public var extraDirectories: [String]
  public var standIn: StandIn
  /// `gateway.http.endpoints.chatCompletions.enabled`; unlike the real one's it is on unless it is false.
  public var servesInterface = true
  /// The build that it pretends to be; nil: `standin.version`, whose state has no schema.
  public var build: StandInBuild?

  var listenHost: String { bind == .loopback ? "127.0.0.1" : "0.0.0.0" }
}

/// Where the configuration and the state are, as the real one finds them.
public struct ConfigurationPlace: Sendable {
  public let stateDirectory: String
  public let path: String
  let home: String?
  let build: StandInBuild?

  public init(environment: [String: String]) {
    func given(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    home = given("HOME")
    build = given(StandInBuild.variable).flatMap { StandInBuild(directory: $0) }
    stateDirectory = given("OPENCLAW_STATE_DIR") ?? "\(home ?? "")/.openclaw"
    path = given("OPENCLAW_CONFIG_PATH") ?? "\(stateDirectory)/openclaw.json"
  }

  /// The path as messages show it: `~/.openclaw/openclaw.json`.
  var shownPath: String {
    guard let home, path.hasPrefix(home + "/") else { return path }
    return "~" + path.dropFirst(home.count)
  }
}
