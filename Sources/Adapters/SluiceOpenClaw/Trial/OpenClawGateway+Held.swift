import SluicePorts

extension OpenClawGateway {
  /// The number of sessions and of OpenClaw agents; nil: the gateway does not tell. No key of a
  /// session is kept.
  func held() async -> (sessions: Int?, agents: Int?) {
    guard await speaksProtocol else { return (nil, nil) }
    let answer: (Int?, Int?)? = try? await converse(
      to: "say how many sessions it has", with: [.sessionsList, .agentsList]
    ) { (conversation) throws(ConversationFailure) in
      let offer = conversation.hello.offer
      let sessions =
        offer.has(.sessionsList)
        ? try await conversation.call(
          .sessionsList, Frames.Page(limit: 1), as: Frames.Sessions.self) : nil
      let agents =
        offer.has(.agentsList)
        ? try await conversation.call(.agentsList, as: Frames.Agents.self) : nil
      return (sessions?.totalCount, agents?.agents.count)
    }
    return answer ?? (nil, nil)
  }
}

extension Frames {
  struct Page: Encodable, Sendable {
    let limit: Int
  }

  struct Sessions: Decodable, Sendable {
    let totalCount: Int?
  }

  struct Agents: Decodable, Sendable {
    struct Agent: Decodable, Sendable {
      let id: String
    }
    let agents: [Agent]
  }
}
