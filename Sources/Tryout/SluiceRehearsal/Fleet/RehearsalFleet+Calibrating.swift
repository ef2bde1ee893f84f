import SluiceCore
import SluiceHTTP
import SluiceHost
import SluicePorts
import SluiceSystem

/// Real gateways: their model, their starts one after the other, and what they need here.
extension RehearsalFleet {
  /// Starts the stand-in model; it goes on by itself, as gateways do.
  func startModel() async throws(PortError) {
    let arguments = [
      "model", "--port", "\(layout.modelPort)", "--packs", "\(layout.directory)/hosts",
    ]
    let command = ProcessCommand(
      programs.standIn, arguments, environment: environment, directory: layout.directory)
    let process = try Disk.translating { () throws(SystemError) in
      try Processes.spawnDetached(command, outputPath: logPath("model"))
    }
    try RecordedProcesses.write(process, to: "\(layout.processes)/model.json")
    try await awaitAnswer(
      "http://\(layout.model)/v1/models", "the stand-in model", logPath("model"), .seconds(30))
  }

  /// Starts the gateways one after the other and measures their times.
  ///
  /// - Parameter say: receives the progress.
  func calibrate(_ say: @Sendable (String) -> Void) async throws(PortError) -> Calibration {
    let client = HTTPClient()
    defer { client.shutdown() }
    var (start, first) = (Int64(0), Int64(0))
    for host in fleet.hosts {
      say("starting the gateway of \(host.name)")
      let began = SystemClock.monotonicMilliseconds()
      try await startGateway(host)
      try await awaitReady(gateway: host.name)
      start = max(start, SystemClock.monotonicMilliseconds() - began)
      first = max(first, try await time(host, "first", client))
    }
    say("measuring sessions")
    var later: [Int64] = []
    for host in fleet.hosts { later.append(try await time(host, "later", client)) }
    let rate = try await capacity(client)
    say("measuring Doctor")
    return Calibration(
      startMilliseconds: start, firstSessionMilliseconds: first,
      sessionMilliseconds: later.sorted()[later.count / 2], sessionsPerSecond: rate,
      doctorMilliseconds: try await measureDoctor(), memoryBytes: try await memory())
  }

  private static let capacitySessions = 4

  /// Every gateway one session after the other, all gateways at once.
  private func capacity(_ client: HTTPClient) async throws(PortError) -> Double {
    let began = SystemClock.monotonicMilliseconds()
    let results = await withTaskGroup(of: Result<Void, PortError>.self) { group in
      for host in fleet.hosts {
        group.addTask {
          do throws(PortError) {
            for number in 1...Self.capacitySessions {
              _ = try await ask(host.gateway, "calibration-capacity-\(number)", client)
            }
            return .success(())
          } catch {
            return .failure(error)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    for result in results { try result.get() }
    let took = max(1, SystemClock.monotonicMilliseconds() - began)
    return Double(1_000 * fleet.hosts.count * Self.capacitySessions) / Double(took)
  }

  private func time(
    _ host: HostSpec, _ key: String, _ client: HTTPClient
  ) async throws(PortError) -> Int64 {
    let began = SystemClock.monotonicMilliseconds()
    _ = try await ask(host.gateway, "calibration-\(key)", client)
    return SystemClock.monotonicMilliseconds() - began
  }

  /// One turn of a conversation, past the balancer.
  func ask(
    _ gateway: String, _ key: String, _ client: HTTPClient
  ) async throws(PortError) -> Reply {
    let body = #"{"model":"openclaw","messages":[{"role":"user","content":"What is next?"}]}"#
    let request = HTTPRequest(
      "POST", "http://\(gateway)/v1/chat/completions",
      headers: [
        "Authorization": "Bearer \(token)", "Content-Type": "application/json",
        "x-openclaw-session-key": key,
      ], body: Array(body.utf8), deadline: .milliseconds(timing.readyMilliseconds))
    let response: HTTPResponse
    do { response = try await client.send(request) } catch {
      throw PortError(
        .failed, "the gateway at \(gateway) did not answer a session: \(error.message)")
    }
    guard response.status == 200, let reply = Reply(completion: response.body) else {
      throw PortError(
        .failed,
        "the gateway at \(gateway) answered a session \(response.status): "
          + response.text.prefix(300),
        remedy: "See its log, and the model's: \(logPath("model"))")
    }
    return reply
  }

  private func measureDoctor() async throws(PortError) -> Int64 {
    guard let host = fleet.hosts.first else { return 0 }
    let command = ProcessCommand(
      host.openclaw.cli, ["doctor", "--lint", "--json", "--severity-min", "warning"],
      environment: host.openclaw.environment, deadline: .milliseconds(timing.readyMilliseconds),
      outputLimit: 4 << 20)
    let began = SystemClock.monotonicMilliseconds()
    let outcome: ProcessOutcome
    do { outcome = try await Processes.run(command) } catch {
      throw PortError(.failed, "\(host.openclaw.cli) does not run: \(error)")
    }
    guard outcome.outputText.contains("\"findings\"") else {
      throw PortError(
        .failed,
        "\(host.openclaw.cli) doctor --lint --json gave no report: \(outcome.errorText.suffix(300))",
        remedy: "Sluice needs OpenClaw 2026.7 or later.")
    }
    return SystemClock.monotonicMilliseconds() - began
  }

  /// By `ps`, which both systems have: kibibytes.
  private func memory() async throws(PortError) -> Int64? {
    guard let program = Processes.find("ps") else { return nil }
    let pids = processes.running().filter { $0.name.hasPrefix("gateway-") }.map {
      String($0.process.pid)
    }
    let command = ProcessCommand(program, ["-o", "rss=", "-p", pids.joined(separator: ",")])
    guard let outcome = try? await Processes.run(command), outcome.succeeded else { return nil }
    return outcome.outputText.split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }.max()
      .map { $0 * 1_024 }
  }
}
