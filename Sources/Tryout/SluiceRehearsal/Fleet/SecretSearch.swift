import SluicePorts
import SluiceSystem

/// Searches all files of Sluice for secrets that must not be in them: the gateways' token, and the
/// clients' messages. OpenClaw's own files (its state, its builds, its log) are not searched.
public struct SecretSearch: Sendable {
  let directory: String
  let secrets: [String]

  /// - Returns: the files, relative to the directory, in their order; empty when nothing was found.
  /// - Throws: `.failed` when they could not be looked through.
  public func files() async throws(PortError) -> [String] {
    guard let grep = Processes.find("grep") else {
      throw PortError(.failed, "grep is missing, so nobody looked for secrets")
    }
    let others = ["openclaw", "builds", "newer-state"].map { "--exclude-dir=\($0)" }
    let logs = ["gateway.log", "model.log"].map { "--exclude=\($0)" }
    // Passes the secrets by standard input, because every account can read a command line.
    let command = ProcessCommand(
      grep, ["-rlF", "-D", "skip", "-f", "/dev/stdin"] + others + logs + ["."],
      environment: ["LC_ALL": "C"], directory: directory,
      input: Array(secrets.map { "\($0)\n" }.joined().utf8), deadline: .seconds(60))
    let outcome: ProcessOutcome
    do { outcome = try await Processes.run(command) } catch {
      throw PortError(.failed, "\(grep) does not run: \(error)")
    }
    let found = outcome.outputText.split(separator: "\n").map {
      String($0.hasPrefix("./") ? $0.dropFirst(2) : $0)
    }
    // 1: it found nothing; more than that: it could not look everywhere.
    guard found.isEmpty, outcome.termination != .exited(1) else { return found.sorted() }
    throw PortError(.failed, "\(grep) could not look through it: \(outcome.errorText.prefix(300))")
  }
}

extension SecretSearch {
  /// One sentence for each place that contains a secret, or for each place that could not be
  /// searched.
  public func faults() async -> [String] {
    do throws(PortError) {
      return try await files().map { "the gateways' token, or words of a client, stand in \($0)" }
    } catch {
      return ["nobody knows whether a secret was written: \(error.message)"]
    }
  }
}

extension RehearsalFleet {
  /// Searches the files that Sluice itself wrote in this rehearsal.
  public var secretSearch: SecretSearch {
    SecretSearch(directory: layout.directory, secrets: [token, LoadOptions.question])
  }
}
