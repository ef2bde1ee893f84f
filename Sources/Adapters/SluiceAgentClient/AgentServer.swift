import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem

/// The agent's side of the protocol: hello, one request, one answer, end.
public struct AgentServer: Sendable {
  let node: any HostClient
  let version: String

  /// How long a connection may take to ask for something.
  static let requestDeadline = Duration.seconds(10)
  static let replyDeadline = Duration.seconds(30)

  /// - Parameter version: the agent's own version of Sluice, sent to the writer.
  public init(node: any HostClient, version: String) {
    self.node = node
    self.version = version
  }

  /// Serves until the stream ends or the task is cancelled. An operation goes on to its end when
  /// the client leaves: then it asks for the outcome.
  public func serve(_ connections: AsyncStream<StreamConnection>) async {
    await withDiscardingTaskGroup { group in
      for await connection in connections {
        group.addTask {
          await serve(connection)
          connection.close()
        }
      }
    }
  }

  private func serve(_ connection: StreamConnection) async {
    // The socket's mode keeps others out; this does where a file system ignores modes.
    if let user = connection.peerUser, user != HostFacts.userIdentifier, user != 0 { return }
    let hello = AgentHello(sluice: version, host: node.host)
    guard let payload = try? CanonicalJSON.bytes(hello), let frame = AgentFrame.bytes(payload),
      (try? await connection.write(frame, deadline: Self.requestDeadline)) != nil,
      let asked = try? await AgentFrame.read(
        from: connection, until: CallDeadline(in: Self.requestDeadline))
    else { return }
    let reply = await answer(asked)
    guard let frame = reply.frame ?? tooLong(reply).frame else { return }
    try? await connection.write(frame, deadline: Self.replyDeadline)
  }

  private func answer(_ payload: [UInt8]) async -> AgentReply {
    do throws(PortError) {
      let request = try read(payload)
      let result: Result<AgentReply.Content, PortError>
      do throws(PortError) {
        result = .success(try await content(for: request))
      } catch { result = .failure(error) }
      return AgentReply(
        sluice: version, host: node.host, id: request.id, epoch: request.epoch, result)
    } catch {
      return AgentReply(
        sluice: version, host: node.host, id: OperationID(rawValue: ""), epoch: Epoch(-1),
        .failure(error))
    }
  }

  private func content(
    for request: AgentRequest
  ) async throws(PortError) -> AgentReply.Content {
    let deadline = Duration.milliseconds(request.deadlineMilliseconds)
    switch request.matter {
    case .query(let question):
      return .answer(try await node.answer(question, deadline: deadline))
    case .operation(let operation):
      return .report(
        try await node.perform(
          operation, id: request.id, epoch: request.epoch, deadline: deadline))
    }
  }

  private func read(_ payload: [UInt8]) throws(PortError) -> AgentRequest {
    let place = "the agent of \(node.host)"
    // First the members that never change: a request of another version may have any other form.
    guard let asker = AgentHello.read(payload) else {
      throw PortError(
        .refused, "\(place) was asked in a form that it does not know",
        remedy: "Only Sluice itself may talk to the agent's socket.")
    }
    guard asker.protocolVersion == AgentProtocol.version else {
      throw PortError(
        .refused,
        "\(place) is Sluice \(version) and speaks protocol \(AgentProtocol.version), the writer is "
          + "Sluice \(asker.sluice) and speaks \(asker.protocolVersion)",
        remedy:
          "Install the same version of Sluice on both sides:  sluice hosts upgrade \(node.host)")
    }
    guard asker.host == node.host else {
      throw PortError(
        .refused, "\(place) was asked for \(asker.host)",
        remedy: "Check the host's socket and ssh destination in sluice.yaml.")
    }
    do { return try CanonicalJSON.decode(AgentRequest.self, from: payload) } catch {
      throw PortError(
        .refused,
        "\(place), Sluice \(version), cannot read the request of Sluice \(asker.sluice): "
          + AgentReply.brief(error),
        remedy:
          "Install the same version of Sluice on both sides:  sluice hosts upgrade \(node.host)")
    }
  }

  private func tooLong(_ reply: AgentReply) -> AgentReply {
    AgentReply(
      sluice: version, host: node.host, id: reply.id, epoch: reply.epoch,
      .failure(
        PortError(
          .failed, "the answer of \(node.host) has more than \(AgentFrame.limit) bytes",
          remedy: "Remove slices that no link names.")))
  }
}
