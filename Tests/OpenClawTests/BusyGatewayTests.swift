import Foundation
import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceOpenClaw

@Suite("A gateway that stays busy while it is closed by command")
struct BusyGatewayTests {
  private func active(_ json: String) throws -> Int {
    try JSONDecoder().decode(Frames.Suspension.self, from: Data(json.utf8)).active
  }

  @Test("sessions in flight are those that are named as sessions, else all that is active")
  func inFlight() throws {
    func busy(_ turns: Int, _ count: String) -> String {
      """
      {"status":"busy","activeCount":\(count),"blockers":[{"kind":"cron","count":9},\
      {"kind":"session-admission","count":\(turns)}]}
      """
    }
    #expect(try active(busy(1, "4")) == 1)
    #expect(try active(busy(2, "4")) == 2)
    #expect(try active(busy(0, "4")) == 4)
    #expect(try active(busy(-1, "-4")) == 0)
    #expect(try active(busy(0, "null")) == 0)
    #expect(try active(#"{"status":"ready","activeCount":3}"#) == 0)
  }

  @Test("a gateway that is still busy at the deadline is told as busy, with what it works on")
  func deadline() async throws {
    let directory = try TemporaryDirectory()
    let path = directory("openclaw")
    let script = """
      #!/bin/sh
      case "$1" in
      --version) echo "OpenClaw 2026.9.6" ;;
      *) echo '{"status":"busy","activeCount":2,"blockers":[]}' ;;
      esac
      """
    try Files.replace(path, with: Array(script.utf8), mode: 0o755, durable: false)
    let control = try OpenClawGateway.forTest(
      "127.0.0.1:1", in: directory, client: HTTPClient(), cli: path, dialect: .july,
      commands: ["suspend": ["suspend", "{request}", "{wait}"]])
    let report = try await control.drain(token: "op-1", deadline: .zero)
    #expect(!report.isIdle && report.activeAtStart == 2 && report.activeNow == 2)
  }

  @Test("the protocol is spoken with builds of 2026.9 and later, not with older ones")
  func protocolSpoken() {
    for (build, speaks) in [
      ("2026.4.26", false), ("2026.7.1", false), ("2026.9.4", true), ("2027.1.0", true),
    ] {
      let dialect = DialectChoice.nearest(to: build).dialect
      #expect(dialect.speaksProtocol == speaks && dialect.followsLinks == speaks, "\(build)")
    }
  }
}
