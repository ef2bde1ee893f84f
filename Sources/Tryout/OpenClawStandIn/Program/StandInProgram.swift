import Dispatch
import SluiceArguments
import SluiceHTTP
import SluiceSystem

/// The command line: the commands of the real `openclaw` that Sluice calls, with its answers and
/// exit codes.
public struct StandInProgram: Sendable {
  private static let commit = "eb377ac"

  let arguments: [String]
  let place: ConfigurationPlace
  let streams: ProgramStreams

  /// - Parameter arguments: without the program's name.
  public init(
    arguments: [String], environment: [String: String], streams: ProgramStreams = .standard
  ) {
    self.arguments = arguments
    place = ConfigurationPlace(environment: environment)
    self.streams = streams
  }

  /// The exit code.
  public func run() async -> Int32 {
    if let first = arguments.first, ["--version", "-V"].contains(first) { return printVersion() }
    let command: ParsedCommand
    do throws(UsageError) {
      switch try Self.specification.parse(arguments) {
      case .command(let parsed): command = parsed
      case .help(let text), .version(let text):
        streams.out(text.hasSuffix("\n") ? text : text + "\n")
        return 0
      }
    } catch {
      return refuse(error)
    }
    switch command.path {
    case ["doctor"]: return await runDoctor(command)
    case ["config", "validate"]: return validate()
    case ["config", "file"]:
      streams.out((["path": .string(place.path)] as JSON).pretty + "\n")
      return 0
    case ["model"]: return await runModel(command)
    default: return await runGateway()
    }
  }

  private static let specification: ProgramSpec = {
    let json = OptionSpec("json", help: "print JSON")
    return ProgramSpec(
      "openclaw-standin", version: Configuration.StandIn().version,
      abstract: "stand in for OpenClaw in a rehearsal",
      commands: [
        CommandSpec(
          "doctor", abstract: "check configuration and state",
          options: [
            json, OptionSpec("lint", help: "only report, change nothing"),
            OptionSpec(
              "severity-min", valueName: "LEVEL", help: "leave out what is below",
              defaultValue: "info", choices: Doctor.Severity.allCases.map(\.rawValue)),
          ]),
        CommandSpec(
          "config", abstract: "look at the configuration",
          subcommands: [
            CommandSpec("validate", abstract: "check the file", options: [json]),
            CommandSpec("file", abstract: "say where the file is", options: [json]),
          ]),
        CommandSpec(
          "gateway", abstract: "run a gateway",
          subcommands: [CommandSpec("run", abstract: "serve until SIGTERM")]),
        CommandSpec(
          "model", abstract: "be the model of real gateways, until SIGTERM",
          options: [
            OptionSpec("port", valueName: "PORT", help: "of loopback", isRequired: true),
            OptionSpec(
              "packs", valueName: "DIR", help: "where the skill packs lie that it may read",
              isRequired: true),
          ]),
      ])
  }()

  /// The real one says it on both streams when JSON was asked for, with exit code 1.
  private func refuse(_ error: UsageError) -> Int32 {
    if arguments.contains("--json") {
      let answer: JSON = [
        "ok": false, "error": ["type": "cli_error", "message": .string(error.what)],
      ]
      streams.out(answer.pretty + "\n")
    }
    streams.err("\(error)\n")
    return 1
  }

  private func printVersion() -> Int32 {
    var version = place.build?.version ?? Configuration.StandIn().version
    if case .valid(let configuration) = ConfigurationReading.read(place) {
      version = configuration.standIn.version
    }
    streams.out("OpenClaw \(version) (\(Self.commit))\n")
    return 0
  }
}

// MARK: doctor, config

extension StandInProgram {
  private func runDoctor(_ command: ParsedCommand) async -> Int32 {
    let reading = ConfigurationReading.read(place)
    var milliseconds = Configuration.StandIn().doctorMs
    if case .valid(let configuration) = reading { milliseconds = configuration.standIn.doctorMs }
    if case .unparsable(let issue) = reading {
      streams.err("Config (\(place.path)): best-effort read ignored: \(issue.message)\n")
    }
    await Self.pause(milliseconds)
    let threshold = command.value("severity-min").flatMap(Doctor.Severity.init) ?? .info
    let report = Doctor(place: place).report(reading, threshold: threshold)
    if command.flag("json") {
      streams.out(report.json.compact + "\n")
    } else {
      for finding in report.json["findings"]?.items ?? [] {
        let severity = finding["severity"]?.text ?? ""
        streams.out("\(severity): \(finding["message"]?.text ?? "")\n")
      }
    }
    // Without --lint it is a report, not a verdict.
    return command.flag("lint") && !report.isOK ? 1 : 0
  }

  /// The real one takes its time.
  private static func pause(_ milliseconds: Int) async {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
        continuation.resume()
      }
    }
  }

  private func validate() -> Int32 {
    let path = JSON.string(place.path)
    func failure(_ message: String) -> JSON {
      [
        "ok": false, "error": ["type": "cli_error", "message": .string(message)], "valid": false,
        "path": path,
      ]
    }
    let issues: [ConfigurationIssue]
    switch ConfigurationReading.read(place) {
    case .valid:
      streams.out((["valid": true, "path": path, "warnings": []] as JSON).compact + "\n")
      return 0
    case .missing:
      streams.out(failure("file not found").compact + "\n")
      return 1
    case .unparsable(let issue): issues = [issue]
    case .invalid(let found): issues = found
    }
    let list = issues.map { issue -> JSON in
      ["path": .string(issue.path), "message": .string(issue.message)]
    }
    let answer = failure("OpenClaw config is invalid: \(place.shownPath)")
    streams.out(answer.adding("issues", .array(list)).pretty + "\n")
    return 1
  }
}

// MARK: gateway run

extension StandInProgram {
  private func runGateway() async -> Int32 {
    let configuration: Configuration
    switch ConfigurationReading.read(place) {
    case .valid(let valid): configuration = valid
    case .missing: return refuseStart("Missing config at \(place.path). Run `openclaw setup`.")
    case .unparsable(let issue): return refuseStart([issue])
    case .invalid(let issues): return refuseStart(issues)
    }
    let gateway: Gateway
    do throws(GatewayStartError) {
      gateway = try Gateway(configuration, log: streams.out)
    } catch {
      streams.err("\(error)\n")
      return error.exitCode
    }
    let signals = EndingSignals { gateway.stop() }
    let code = await gateway.waitUntilEnded()
    withExtendedLifetime(signals) {}
    return code
  }

  private func refuseStart(_ issues: [ConfigurationIssue]) -> Int32 {
    let lines = issues.map { "\($0.path): \($0.message)\n" }.joined()
    return refuseStart(
      "Invalid config at \(place.path):\n\(lines)Run \"openclaw doctor --fix\" to repair, then retry."
    )
  }

  private func refuseStart(_ message: String) -> Int32 {
    streams.err("Gateway failed to start: \(message)\n")
    return 78
  }
}

// MARK: model

extension StandInProgram {
  private func runModel(_ command: ParsedCommand) async -> Int32 {
    guard let port = command.value("port").flatMap(UInt16.init), let packs = command.value("packs")
    else { return refuse("--port is no port") }
    let server: HTTPServer
    do throws(HTTPError) {
      server = try ModelServer(packs: packs, log: streams.out).start(port: port)
    } catch {
      return refuse("the model cannot listen on port \(port): \(error.message)")
    }
    let ended = AsyncStream.makeStream(of: Void.self)
    let signals = EndingSignals { ended.continuation.finish() }
    for await _ in ended.stream {}
    server.stop()
    withExtendedLifetime(signals) {}
    return 0
  }

  private func refuse(_ message: String) -> Int32 {
    streams.err("openclaw-standin: \(message)\n")
    return 1
  }
}
