import SluiceCore
import SluicePorts
import SluiceSystem

/// A host client that carries one request to the host's agent and its reply back. How the bytes travel
/// is all that differs between the clients.
protocol AgentTransport: HostClient {
  /// This program's own version of Sluice, sent to the agent.
  var version: String { get }
  /// The agent's place, for messages.
  var place: String { get }

  /// The reply's payload.
  func reply(to request: AgentRequest, _ deadline: Duration) async throws(PortError) -> [UInt8]
}

extension AgentTransport {
  public func answer(
    _ question: HostQuestion, deadline: Duration
  ) async throws(PortError) -> HostAnswer {
    let request = AgentRequest(
      sluice: version, host: host, deadlineMilliseconds: deadline.wholeMilliseconds, query: question
    )
    return try AgentReply.answer(try await reply(to: request, deadline), to: request, from: place)
  }

  public func perform(
    _ operation: HostOperation, id: OperationID, epoch: Epoch, deadline: Duration
  ) async throws(PortError) -> HostReport {
    let request = AgentRequest(
      sluice: version, host: host, id: id, epoch: epoch,
      deadlineMilliseconds: deadline.wholeMilliseconds, operation: operation)
    return try AgentReply.report(try await reply(to: request, deadline), to: request, from: place)
  }
}
