import SluiceSystem
import SluiceTestSupport
import Testing

/// Clients on the client's machine that ask one question after the other through the balancer.
struct RemoteLoad: Sendable {
  private let fleet: RemoteFleet
  private let processes: [ProcessIdentity]

  /// The answers so far, by status; 0 is a request that got no answer in time.
  struct Tally: Sendable {
    let statuses: [Int: Int]
    var good: Int { statuses[200] ?? 0 }
    var all: Int { statuses.values.reduce(0, +) }
    /// The answers that were the release's own errors.
    var releaseErrors: Int { statuses[502] ?? 0 }
  }

  static func start(on fleet: RemoteFleet, clients: Int = 4) throws -> RemoteLoad {
    let script = """
      while :; do
        curl --silent --output /dev/null --max-time 20 --write-out '%{http_code}\\n' \
          --header "Authorization: Bearer $1" --header 'Content-Type: application/json' \
          --data '{"model":"openclaw","messages":[{"role":"user","content":"What is next?"}]}' \
          "http://$2:8080/v1/chat/completions" || true
      done
      """
    let processes = try (0..<clients).map { number in
      try fleet.client.start(
        "load-\(number)", "/bin/sh", ["-c", script, "sh", fleet.token, fleet.writer.address])
    }
    return RemoteLoad(fleet: fleet, processes: processes)
  }

  func tally() -> Tally {
    var statuses: [Int: Int] = [:]
    for number in processes.indices {
      let text = (try? Files.readText("\(fleet.client.home)/load-\(number).log")) ?? ""
      for line in text.split(separator: "\n") { statuses[Int(line) ?? 0, default: 0] += 1 }
    }
    return Tally(statuses: statuses)
  }

  func stop() async {
    for process in processes { try? Processes.signal(process, 9) }
    for process in processes { _ = await Processes.waitForExit(process, deadline: .seconds(10)) }
  }
}
