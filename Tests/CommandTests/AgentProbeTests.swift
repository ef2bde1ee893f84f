import SluiceCore
import SluiceSimulator
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceController

/// How the writer's machine is answered at the agents' probe addresses.
@Suite("An agent asked over HTTP")
struct AgentProbeTests {
  private func ask(answering body: String) async throws -> (AgentProbe, HostSpec) {
    let listener = try SocketListener.listen(.tcp(host: "127.0.0.1", port: 0))
    defer { listener.close() }
    var host = ExampleFleet.fleet().gateways[0]
    host.probe = "\(listener.address)"
    let asked = host
    return try await withThrowingTaskGroup(of: AgentProbe?.self) { group in
      group.addTask {
        for await connection in listener.connections {
          _ = try await connection.read(max: 65_536)
          let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
          try await connection.write(Array((head + body).utf8))
          connection.close()
        }
        return nil
      }
      group.addTask {
        let client = AgentProbe.client()
        defer { client.shutdown() }
        return await AgentProbe.ask(asked, client)
      }
      defer { group.cancelAll() }
      while let answer = try await group.next() {
        if let answer { return (answer, asked) }
      }
      throw SystemError("read", code: 5)
    }
  }

  @Test("the status alone is told from silence, and check says which key is missing")
  func statusAlone() async throws {
    for status in ["ok", "fail"] {
      let (answer, host) = try await ask(answering: "{\"status\":\"\(status)\"}\n")
      #expect(answer == .statusAlone)
      let told = try #require(answer.answer(of: host))
      #expect(told.level == .odd && told.means.contains("probe_from"))
      let untold = UntoldHosts()
      untold.note(host.name, answer)
      #expect(untold.contains(host.name))
      untold.note(host.name, .silent)
      #expect(!untold.contains(host.name))
    }
  }

  @Test("anything else is silence, of which check says nothing here")
  func silent() async throws {
    for body in ["<html>", "", "{\"status\":\"ok\",\"more\":1}\n"] {
      let (answer, host) = try await ask(answering: body)
      #expect(answer == .silent && answer.answer(of: host) == nil, "\(body)")
    }
  }
}
