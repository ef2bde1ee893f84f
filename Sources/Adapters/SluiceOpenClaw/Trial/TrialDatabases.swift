import SluiceCore
import SluicePorts
import SluiceSystem

/// The databases of a trial's copy: checks that each is whole, and removes the claims of the process
/// that serves from the original.
///
/// The Node that the build's own program finds does both, before the first line of OpenClaw:
/// `NODE_OPTIONS` names a module that ends the process. So Sluice needs no SQLite.
struct TrialDatabases {
  let paths: [String]
  /// The trial's directory.
  let directory: String
  let program: String
  let environment: [String: String]

  private struct Answer: Decodable {
    let faults: [String]
  }

  private static let variable = "SLUICE_TRIAL_DATABASES"

  /// Without the claims a build would wait for, or refuse, a process that works elsewhere.
  private static let module = """
    import { writeSync } from "node:fs";
    import { DatabaseSync } from "node:sqlite";
    const faults = [];
    for (const path of JSON.parse(process.env.\(variable))) {
      try {
        const database = new DatabaseSync(path);
        const first = Object.values(database.prepare("pragma integrity_check(1)").get())[0];
        if (first !== "ok") faults.push(path + ": " + first);
        const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
        for (const { name } of tables) {
          if (name === "agent_database_leases" || name === "state_leases") {
            database.exec("delete from " + name);
          }
        }
        database.close();
      } catch (error) {
        faults.push(path + ": " + error.message);
      }
    }
    writeSync(1, JSON.stringify({ faults }) + "\\n");
    process.exit(0);

    """

  /// - Throws: `.failed` for a copy that is not whole.
  func prepare(within limit: Duration) async throws(PortError) {
    guard !paths.isEmpty else { return }
    let module = "\(directory)/databases.mjs"
    var environment = environment
    environment[Self.variable] = JSONText.encode(paths)
    let given = environment["NODE_OPTIONS"].map { "\($0) " } ?? ""
    environment["NODE_OPTIONS"] = "\(given)--import=\(module)"
    let outcome: ProcessOutcome
    do throws(SystemError) {
      try Files.replace(module, with: Array(Self.module.utf8), mode: 0o600, durable: false)
      outcome = try await Processes.run(
        ProcessCommand(program, ["--version"], environment: environment, deadline: limit))
    } catch {
      throw PortError(.failed, "the databases of the copy cannot be looked at: \(error)")
    }
    guard let answer = JSONText.decode(Answer.self, outcome.standardOutput) else {
      let said = outcome.errorText.split(separator: "\n").last { $0.contains("rror") } ?? ""
      throw PortError(
        .failed,
        "the Node of \(program) did not look at the copy's databases"
          + (said.isEmpty ? "" : ": \(said.shown)"),
        remedy: "Its program must pass NODE_OPTIONS on, and Node must have node:sqlite (22.13).")
    }
    guard let fault = answer.faults.first else { return }
    throw PortError(
      .failed, "the copy of the state is not whole: \(fault.shown)",
      remedy: "Try again. If it stays, look at the original with  openclaw doctor")
  }
}
