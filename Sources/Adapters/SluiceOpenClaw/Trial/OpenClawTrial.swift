import SluiceCore
import SluicePorts
import SluiceSystem

/// Tries builds of OpenClaw on copies of its state, on a free port of loopback and without channels.
public struct OpenClawTrial: BuildTrying {
  private let spec: OpenClawSpec
  /// The directory of the builds, with the link `current`.
  private let builds: String
  private let live: OpenClawGateway
  private let time: any Time

  private static let preparing = Duration.seconds(120)

  /// Nothing is sent to anybody, nothing updates itself, nothing runs by the clock.
  static let quiet = [
    "OPENCLAW_SKIP_CHANNELS": "1", "OPENCLAW_SKIP_PROVIDERS": "1", "OPENCLAW_SKIP_CRON": "1",
    "OPENCLAW_SKIP_GMAIL_WATCHER": "1", "OPENCLAW_DISABLE_BONJOUR": "1",
    "OPENCLAW_SKIP_BROWSER_CONTROL_SERVER": "1", "OPENCLAW_SKIP_CANVAS_HOST": "1",
    "OPENCLAW_SKIP_STARTUP_MODEL_PREWARM": "1", "OPENCLAW_NO_AUTO_UPDATE": "1",
    "OPENCLAW_NO_RESPAWN": "1", "NO_COLOR": "1",
  ]
  /// They would lead the build to the original, or to its port.
  static let dropped = [
    "OPENCLAW_GATEWAY_PORT", "OPENCLAW_GATEWAY_TOKEN", "OPENCLAW_GATEWAY_PASSWORD",
    "OPENCLAW_PROFILE", "OPENCLAW_HOME",
  ]

  /// - Parameters:
  ///   - spec: of the host, with the values of its environment.
  ///   - live: the gateway that serves.
  public init(spec: OpenClawSpec, builds: String, live: OpenClawGateway, time: any Time) {
    self.spec = spec
    self.builds = builds
    self.live = live
    self.time = time
  }

  public func liveCount() async -> (sessions: Int?, agents: Int?) { await live.held() }

  public func endLeftover(in directory: String) async {
    await TrialProcess.endLeftover(in: directory)
  }

  public func observe(
    _ version: String, on copy: TrialCopy, tenants: [String], within limit: Duration,
    hasRoom: @escaping @Sendable () async -> Bool
  ) async throws(PortError) -> TrialObservation {
    let began = time.now()
    let (tried, leftOut) = try prepared(version, copy)
    let databases = TrialDatabases(
      paths: copy.databases, directory: copy.directory, program: tried.cli,
      environment: tried.environment)
    try await databases.prepare(within: min(limit, Self.preparing))
    let command = ProcessCommand(
      tried.cli, ["gateway", "run"], environment: tried.environment, directory: copy.directory)
    let process = try await TrialProcess.start(command, in: copy.directory)
    var run = TrialRun(
      process: process, spec: tried, copy: copy, limit: limit, began: began, time: time)
    run.observation.notAsked = leftOut
    let result: Result<TrialObservation, PortError>
    do throws(PortError) {
      result = .success(try await run.observe(version, tenants: tenants, hasRoom: hasRoom))
    } catch { result = .failure(error) }
    await process.end()
    return try result.get()
  }

  /// Writes the trial's configuration and token, and says how the build is run and asked.
  private func prepared(
    _ version: String, _ copy: TrialCopy
  ) throws(PortError) -> (spec: OpenClawSpec, leftOut: [String]) {
    let current = "\(builds)/current/"
    guard spec.cli.hasPrefix(current) else {
      throw PortError(
        .refused, "\(spec.cli) does not lead through \(builds)/current",
        remedy: "Name the program through the link as openclaw.cli.")
    }
    let token = Randomness.hexadecimal(bytes: 24)
    let port: UInt16
    do throws(SystemError) { port = try PortFinder.freeLoopbackPorts(1)[0] } catch {
      throw PortError(.failed, "no port of loopback is free for the trial: \(error)")
    }
    var configuration = TrialConfiguration(
      copy: copy, port: port, token: token, home: spec.environment["HOME"])
    let original = try original(copy)
    guard let text = JSONText.encode(try configuration.rewritten(original)) else {
      throw PortError(.failed, "\(copy.originalConfiguration) cannot be written as JSON")
    }
    let tokenFile = "\(copy.directory)/token"
    do throws(SystemError) {
      try Files.replace(copy.configuration, with: Array(text.utf8), mode: 0o600, durable: false)
      try Files.replace(tokenFile, with: Array("\(token)\n".utf8), mode: 0o600, durable: false)
    } catch { throw PortError(.failed, "the trial cannot be prepared: \(error)") }
    var tried = spec
    tried.cli = "\(builds)/\(version)/\(spec.cli.dropFirst(current.count))"
    tried.tokenFile = tokenFile
    tried.digest = nil
    tried.address = "127.0.0.1:\(port)"
    tried.environment = environment(copy)
    return (tried, configuration.leftOut)
  }

  private func original(_ copy: TrialCopy) throws(PortError) -> ConfigurationValue {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try Files.read(copy.originalConfiguration, limit: 16 << 20, followingLink: true)
    } catch {
      if error.isMissing { return .object([:]) }
      throw PortError(.failed, "OpenClaw's configuration cannot be read: \(error)")
    }
    if let value = ConfigurationValue(bytes) { return value }
    throw PortError(
      .failed, "\(copy.originalConfiguration) is no JSON5, so a trial cannot have its own port",
      remedy: "See  openclaw config validate")
  }

  private func environment(_ copy: TrialCopy) -> [String: String] {
    var environment = spec.environment.merging(Self.quiet) { $1 }
    for name in Self.dropped { environment[name] = nil }
    environment["HOME"] = "\(copy.directory)/home"
    environment["OPENCLAW_STATE_DIR"] = copy.state
    environment["OPENCLAW_CONFIG_PATH"] = copy.configuration
    let roots = [
      environment["OPENCLAW_INCLUDE_ROOTS"],
      TrialConfiguration.directory(of: copy.originalConfiguration),
    ]
    environment["OPENCLAW_INCLUDE_ROOTS"] = roots.compactMap(\.self).joined(separator: ":")
    return environment
  }
}
