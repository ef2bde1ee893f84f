import SluiceAgentClient
import SluiceSystem
import SluiceTestSupport
import Testing

@Suite("The bridge between standard streams and an agent")
struct NodeBridgeTests {
  @Test("what the agent says comes out at standard output, until it ends the connection")
  func standardStreams() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      let directory = try TemporaryDirectory()
      let listener = try SocketListener.listen(.unix(path: directory("a.sock")))
      let agent = Task {
        for await connection in listener.connections {
          try await connection.write(Array("greeting of the agent\n".utf8))
          try await connection.write(Array("its answer\n".utf8))
          connection.close()
        }
      }
      try await AgentBridge.run(socket: directory("a.sock"))
      agent.cancel()
      directory.remove()
      exit(0)
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    #expect(output.contains("greeting of the agent\nits answer\n"), "\(output)")
  }
}
