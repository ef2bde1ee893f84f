import SluiceJSON
import SluiceSystem
import SluiceTestSupport
import Testing

/// `sluice rehearse --outages` from the command line to its document, with everything real.
@Suite(
  "A drill of outages", .enabled(if: hasTool("haproxy"), "haproxy is not installed"),
  .timeLimit(.minutes(5)))
struct OutageDrillTests {
  @Test("clients are served on behind a HAProxy that was killed, and with a dangling next")
  func drill() async throws {
    let home = try TemporaryDirectory()
    let outcome = try await Processes.run(
      ProcessCommand(
        "\(products)/sluice",
        [
          "rehearse", "--outages", "--outage", "haproxy", "--outage", "next", "--seconds", "6",
          "--json", "--dir", home("r"),
        ], environment: HostFacts.environment(["PATH", "TMPDIR", "LD_LIBRARY_PATH"]),
        directory: home.path, deadline: .seconds(240)))
    let document = try JSONValue.parse(outcome.standardOutput)
    #expect(document["schema"] == "sluice.outages/1", "\(outcome.errorText)")
    guard case .array(let outages)? = document["outages"], outages.count == 2 else {
      Issue.record("\(outcome.outputText)\(outcome.errorText)")
      return
    }
    // The second one begins when all are well again: HAProxy came back by its keeper.
    #expect(outages.map { $0["outage"] } == ["haproxy", "next"])
    guard case .integer(let answered)? = outages[0]["clients"]?["answered"] else {
      Issue.record("\(outages[0])")
      return
    }
    #expect(answered > 0)
    #expect(outages[1]["clients"]?["lost"] == [:], "\(outages[1])")
    #expect(outages[1]["faults"] == [])
    // All that it started has ended.
    let stopped = try await Processes.run(
      ProcessCommand(
        "\(products)/sluice", ["rehearse", "--stop", "--dir", home("r")],
        environment: HostFacts.environment(["PATH", "TMPDIR", "LD_LIBRARY_PATH"]),
        directory: home.path))
    #expect(stopped.outputText.contains("No process of "), "\(stopped.outputText)")
  }
}
