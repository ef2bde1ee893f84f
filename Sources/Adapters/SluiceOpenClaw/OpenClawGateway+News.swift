import SluiceCore
import SluicePorts

/// The kept connection, and the events that arrive on it.
extension OpenClawGateway: GatewayNewsSource {
  public func attend(_ tell: @escaping @Sendable (GatewayNews) async -> Void) async {
    let (news, post) = AsyncStream.makeStream(of: GatewayNews.self)
    await withTaskGroup(of: Void.self) { group in
      // The reader of the news asks the gateway questions: the connection must be free to answer them.
      group.addTask { for await item in news { await tell(item) } }
      group.addTask { [self] in
        await line.attend(time) { () async throws(ConversationFailure) in
          guard await speaksProtocol, let token = try? GatewayToken(file: spec.tokenFile) else {
            throw .unreachable("it is not asked over its protocol")
          }
          try await requireGatewayListens()
          return try await Conversation.open(
            address, token: token, methods: [.systemInfo], time: time, deadline: deadlines.call,
            isKept: true)
        } _: { item in
          post.yield(item)
        }
        post.finish()
      }
    }
  }
}
