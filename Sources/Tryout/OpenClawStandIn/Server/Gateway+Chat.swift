import SluiceHTTP

/// `POST /v1/chat/completions`: one turn of a session.
extension Gateway {
  func completeChat(_ request: HTTPRequest, _ responder: HTTPResponder) {
    guard let body = JSON.parse(request.body), body.keys != nil else {
      return responder.respond(Answers.invalidRequest("Invalid JSON body"))
    }
    guard Self.hasUserMessage(body) else {
      return responder.respond(
        Answers.invalidRequest("Missing user message in `messages`."))
    }
    let model = body["model"]?.text ?? "openclaw"
    let streams = body["stream"]?.flag ?? false
    let created = wall / 1000
    begin(
      sessionKey: Self.sessionKey(request, user: body["user"]?.text),
      origin: .http(isGone: { responder.isClientGone })
    ) { run, outcome in
      switch outcome {
      case .failed: responder.respond(Answers.upstreamError)
      case .broken: responder.respond(Answers.internalError)
      case .reply(let text):
        let reply = ChatReply(id: run.id, created: created, model: model, text: text)
        responder.respond(streams ? reply.stream : reply.whole)
      }
    }
  }

  /// The text of the message does not matter here.
  private static func hasUserMessage(_ body: JSON) -> Bool {
    guard let last = body["messages"]?.items?.last(where: { $0["role"]?.text == "user" }) else {
      return false
    }
    if let text = last["content"]?.text { return !text.isEmpty }
    return (last["content"]?.items ?? []).contains { $0["text"]?.text != nil }
  }

  /// No key and no user: a session of its own.
  private static func sessionKey(_ request: HTTPRequest, user: String?) -> String {
    if let key = request.headers["x-openclaw-session-key"], !key.isEmpty {
      return agentKey(key)
    }
    if let user, !user.isEmpty { return "agent:main:openai-user:\(user)" }
    return "agent:main:openai:\(Identifier.random())"
  }

  /// A key of the agent `main` unless it names its agent.
  static func agentKey(_ key: String) -> String {
    key.hasPrefix("agent:") ? key : "agent:main:\(key)"
  }
}
