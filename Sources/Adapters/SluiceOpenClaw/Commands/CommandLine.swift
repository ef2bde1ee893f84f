import SluiceCore
import SluicePorts
import SluiceSystem

/// OpenClaw's program on this host, one call at a time: each starts a Node process, and two of them
/// take three times as long.
actor CommandLine {
  private let spec: OpenClawSpec
  private let time: any Time
  private let deadline: Duration
  /// After an answer that long without a word means that the program hangs.
  private let silence: Duration
  private var isBusy = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private var known: (choice: DialectChoice, at: Moment)?

  private static let outputLimit = 4 << 20
  /// A build may be replaced at any time: its program is asked again after this.
  private static let choiceMilliseconds: Int64 = 60_000

  init(spec: OpenClawSpec, time: any Time, deadlines: OpenClawDeadlines) {
    self.spec = spec
    self.time = time
    deadline = deadlines.command
    silence = deadlines.silence
  }

  // MARK: The dialect

  /// The dialect, by asking the build. A known dialect is not asked for again while another call is
  /// under way, because the call may take twenty seconds.
  func choice() async -> DialectChoice {
    if let known, isBusy || time.now().milliseconds(since: known.at) ?? 0 < Self.choiceMilliseconds
    {
      return known.choice
    }
    await enter()
    defer { leave() }
    if let known, time.now().milliseconds(since: known.at) ?? 0 < Self.choiceMilliseconds {
      return known.choice
    }
    let choice = await ask()
    known = (choice, time.now())
    return choice
  }

  /// The dialect as it was last found, however long ago, so that a query to the gateway does not
  /// wait for a process. Doctor's next run finds out whether the dialect still applies.
  func present() async -> DialectChoice {
    if let known { return known.choice }
    return await choice()
  }

  private func ask() async -> DialectChoice {
    if let forced = spec.dialect {
      let dialect = Dialect.named(forced)
      let answer = try? await execute(dialect.arguments(.version) ?? [], for: .version)
      return DialectChoice(
        dialect: dialect, build: answer.flatMap(CommandReaders.version),
        note: "sluice.yaml says so.")
    }
    let plain = try? await execute(Dialect.september.arguments(.version) ?? [], for: .version)
    if let plain, let build = CommandReaders.version(plain) {
      // Only the runbook's program answers JSON here.
      return CommandReaders.isVersionDocument(plain)
        ? DialectChoice(dialect: .runbook, build: build, note: nil) : .nearest(to: build)
    }
    let other = try? await execute(Dialect.runbook.arguments(.version) ?? [], for: .version)
    if let other, let build = CommandReaders.version(other) {
      return DialectChoice(dialect: .runbook, build: build, note: nil)
    }
    let why = plain.map { ": \($0.reason.shown)" } ?? ": it cannot be run"
    return DialectChoice(
      dialect: .september, build: nil,
      note: "\(spec.cli) does not say which build it is\(why); taken for 2026.9.")
  }

  // MARK: Calls

  /// The output of a command, and the command that was run. A command that the build does not have
  /// is replaced by the command of the next older dialect.
  ///
  /// - Parameter filling: the values for `{tenant}` and other placeholders.
  /// - Returns: nil when neither the dialect nor an older one has the command.
  func run(
    _ command: OpenClawCommand, filling values: [String: String] = [:]
  ) async throws(PortError) -> (output: CommandOutput, shown: String)? {
    var dialect: Dialect? = await choice().dialect
    var tried: [[String]] = []
    while let current = dialect {
      if let template = template(command, current), !tried.contains(template) {
        tried.append(template)
        let arguments = template.map { Self.filled($0, values) }
        await enter()
        let result: Result<CommandOutput, PortError>
        do throws(PortError) {
          result = .success(try await execute(arguments, for: command))
        } catch { result = .failure(error) }
        leave()
        let output = try result.get()
        if !output.isNotOffered || isOverridden(command) {
          return (output, shown(arguments))
        }
      }
      dialect = current.older
    }
    return nil
  }

  private func isOverridden(_ command: OpenClawCommand) -> Bool {
    spec.commands?[command.rawValue] != nil
  }

  private func template(_ command: OpenClawCommand, _ dialect: Dialect) -> [String]? {
    spec.commands?[command.rawValue] ?? dialect.arguments(command)
  }

  private static func filled(_ text: String, _ values: [String: String]) -> String {
    values.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
  }

  private func program(_ arguments: [String]) -> (path: String, rest: [String]) {
    guard let first = arguments.first, first.hasPrefix("/") else { return (spec.cli, arguments) }
    return (first, Array(arguments.dropFirst()))
  }

  private func shown(_ arguments: [String]) -> String {
    let (path, rest) = program(arguments)
    return ([path] + rest).joined(separator: " ")
  }

  private func execute(
    _ dialectArguments: [String], for command: OpenClawCommand
  ) async throws(PortError) -> CommandOutput {
    let arguments =
      command == .version
      ? spec.commands?[command.rawValue] ?? dialectArguments : dialectArguments
    let (path, rest) = program(arguments)
    let outcome: ProcessOutcome
    do throws(SystemError) {
      outcome = try await Processes.run(
        ProcessCommand(
          path, rest, environment: spec.environment, deadline: deadline,
          outputLimit: Self.outputLimit),
        until: AnswerWatch(silence: silence) { CommandReaders.isWhole($0, to: command) })
    } catch {
      throw PortError(
        .failed, "\(path) cannot be run: \(error)",
        remedy: "Name OpenClaw's program with its absolute path as openclaw.cli of this host.")
    }
    if outcome.timedOut {
      throw PortError(
        .failed, "\(shown(arguments)) did not end within \(deadline.wholeMilliseconds) ms",
        remedy: "See whether the host is overloaded: it takes 2 to 19 s.")
    }
    if outcome.outputTruncated {
      throw PortError(.failed, "\(shown(arguments)) wrote more than 4 MiB")
    }
    return CommandOutput(outcome)
  }

  // MARK: One at a time

  private func enter() async {
    guard isBusy else { return isBusy = true }
    // A leaving call hands its turn to the next: the turn is never free in between.
    await withCheckedContinuation { waiting.append($0) }
  }

  private func leave() {
    guard !waiting.isEmpty else { return isBusy = false }
    waiting.removeFirst().resume()
  }
}
