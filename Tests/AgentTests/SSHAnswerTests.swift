import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem
import Testing

@testable import SluiceAgentClient

@Suite("What a run of ssh tells")
struct SSHAnswerTests {
  private let request = AgentRequest(
    sluice: "1.0", host: HostName("mac-a"), id: OperationID(rawValue: "p/1"), epoch: Epoch(1),
    deadlineMilliseconds: 1_000, operation: .accept([]))

  private func error(
    _ termination: ProcessOutcome.Termination, _ errors: String = "", output: [UInt8] = [],
    timedOut: Bool = false
  ) async -> PortError {
    let answer = SSHAnswer(
      place: "mac-a (ssh a)", deadline: .seconds(20), termination: termination,
      timedOut: timedOut, output: output,
      trouble: SSHTrouble(
        host: HostName("mac-a"), destination: "a", errors: errors,
        trust: .closed(identityFile: nil, knownHostsFile: "/k")))
    return await portError {
      _ = try AgentReply.report(
        try answer.payload(to: request), to: request, from: answer.place)
    }
  }

  @Test(
    "what ssh says before it is connected is unreachable",
    arguments: [
      "ssh: connect to host mac-a port 22: Connection refused",
      "ssh: Could not resolve hostname mac-a: Name or service not known",
      "Host key verification failed.", "a@mac-a: Permission denied (publickey).",
      "Connection timed out during banner exchange",
    ])
  func unreachable(line: String) async {
    let error = await error(.exited(255), "Warning: x\r\n\(line)\r\n")
    #expect(error.kind == .unreachable)
    #expect(error.message.contains(line))
  }

  @Test(
    "255 with other words, a deadline and a silent death are unknown",
    arguments: [
      "client_loop: send disconnect: Broken pipe", "Timeout, server mac-a not responding.",
      "Connection to mac-a closed by remote host.", "",
    ])
  func unknown(line: String) async {
    #expect(await error(.exited(255), line).kind == .unknown)
    #expect(await error(.signalled(15), line, timedOut: true).kind == .unknown)
  }

  @Test("a remote command that could not run did nothing")
  func remote() async throws {
    let missing = await error(.exited(127), "bash: sluice: command not found")
    #expect(missing.kind == .unreachable && missing.message.contains("no program sluice"))
    let noAgent = await error(.exited(1), "sluice: no agent of Sluice listens at /x\n")
    #expect(noAgent.kind == .unreachable && noAgent.message.contains("listens at /x"))
    let shell = await error(.exited(0), output: Array("Welcome to mac-a!\n".utf8))
    #expect(shell.kind == .unreachable && shell.message.contains("Welcome to mac-a"))
  }

  @Test("after the agent's hello, whatever is not its answer is unknown")
  func afterHello() async throws {
    let hello = AgentHello(sluice: "1.0", host: HostName("mac-a"))
    let frame = try #require(AgentFrame.bytes(try CanonicalJSON.bytes(hello)))
    #expect(await error(.exited(255), "ssh: connect to host x", output: frame).kind == .unknown)
    #expect(await error(.exited(0), output: frame + [0, 0]).kind == .unknown)
    let reply = AgentReply(
      sluice: "1.0", host: HostName("mac-a"), id: OperationID(rawValue: "p/9"), epoch: Epoch(1),
      .failure(PortError(.failed, "other")))
    let other = await error(.exited(0), output: frame + (try #require(reply.frame)))
    #expect(other.kind == .unknown && other.message.contains("p/9"))
  }

  @Test("text before a greeting is passed over, and text alone is no greeting")
  func noise() async throws {
    let hello = AgentHello(sluice: "1.0", host: HostName("mac-a"))
    let frame = try #require(AgentFrame.bytes(try CanonicalJSON.bytes(hello)))
    let noise = Array("Welcome!\r\n\u{1B}[1mmac-a\n".utf8)
    let late = await error(.exited(255), output: noise + frame)
    #expect(late.kind == .unknown && late.message.contains("was asked"))
    let zeros = await error(.exited(0), output: noise + [0, 0, 0, 2] + Array("{}".utf8) + frame)
    #expect(zeros.message.contains("was asked"))
    let alone = await error(.exited(0), output: noise + [0, 0, 0, 2] + Array("{}".utf8))
    #expect(alone.kind == .unreachable && alone.message.contains("Welcome!"))
  }
}
