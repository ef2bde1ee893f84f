import SluicePorts
import SluiceSystem

/// Runs git in one checkout, by itself or, as `GuardedRepository` has it, apart from its
/// configuration.
struct Git: Sendable {
  let program: String
  let directory: String
  let environment: [String: String]

  /// The same repository, with another work tree and an index of its own.
  func working(in tree: String, index: String) -> Git {
    let own = ["GIT_WORK_TREE": tree, "GIT_INDEX_FILE": index]
    return Git(
      program: program, directory: tree, environment: environment.merging(own) { _, own in own })
  }

  /// Runs a command that has to succeed.
  func output(
    _ arguments: [String], adding extra: [String: String] = [:], input: [UInt8] = [],
    deadline: Duration = .seconds(60), limit: Int = 16 << 20
  ) async throws(PortError) -> [UInt8] {
    let outcome = try await run(
      arguments, adding: extra, input: input, deadline: deadline, limit: limit)
    guard outcome.succeeded else { throw failure(arguments, outcome) }
    guard !outcome.outputTruncated else {
      throw PortError(
        .failed, "git \(arguments[0]) in \(directory) wrote more than \(limit >> 20) MiB",
        remedy: "Keep what is not needed out of the infra repository.")
    }
    return outcome.standardOutput
  }

  func line(_ arguments: [String]) async throws(PortError) -> String {
    String(decoding: try await output(arguments).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// The answer of `rev-parse --verify --quiet`: nil when there is no such object.
  func object(_ arguments: [String]) async throws(PortError) -> String? {
    let outcome = try await run(arguments)
    if case .exited(1) = outcome.termination, outcome.standardError.isEmpty { return nil }
    guard outcome.succeeded else { throw failure(arguments, outcome) }
    return String(
      decoding: outcome.standardOutput.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  func run(
    _ arguments: [String], adding extra: [String: String] = [:], input: [UInt8] = [],
    deadline: Duration = .seconds(60), limit: Int = 16 << 20
  ) async throws(PortError) -> ProcessOutcome {
    let command = ProcessCommand(
      program, GitArguments.guards + arguments,
      environment: GitArguments.environment(directory: directory, adding: environment)
        .merging(extra) { _, added in added },
      directory: directory, input: input, deadline: deadline, outputLimit: limit)
    do { return try await Processes.run(command) } catch {
      throw PortError(error, remedy: "Is \(program) there, and \(directory) a directory?")
    }
  }

  func failure(_ arguments: [String], _ outcome: ProcessOutcome) -> PortError {
    if outcome.timedOut {
      return PortError(
        .failed, "git \(arguments[0]) in \(directory) did not end in time",
        remedy: "Run it by hand there; a lock file of a dead git may be in the way.")
    }
    let lines = outcome.errorText.split(separator: "\n").map(String.init)
    let reason =
      lines.first { $0.hasPrefix("fatal:") || $0.hasPrefix("error:") } ?? lines.first
      ?? "\(outcome.termination)"
    return PortError(
      .failed, "git \(arguments[0]) in \(directory): \(reason)",
      remedy: reason.contains("dubious ownership")
        ? "The checkout has to belong to the user that Sluice runs as: change its owner."
        : "Run the same in \(directory) by hand to see all that git says.")
  }
}
