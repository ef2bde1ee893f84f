import SluiceHTTP

/// The answer in the shape of OpenAI's API.
struct ChatReply {
  let id: String
  let created: Int64
  let model: String
  let text: String

  var whole: HTTPResponse {
    let choice: JSON = [
      "index": 0, "message": ["role": "assistant", "content": .string(text)],
      "finish_reason": "stop",
    ]
    return Answers.json(
      envelope("chat.completion", choice)
        .adding(
          "usage", ["prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15]),
      cached: true)
  }

  /// All events at once: what a client reads is the same, only not in pieces.
  var stream: HTTPResponse {
    let first: JSON = [
      "index": 0, "delta": ["role": "assistant", "content": .string(text)], "finish_reason": nil,
    ]
    let last: JSON = ["index": 0, "delta": [:], "finish_reason": "stop"]
    let events = [first, last].map { envelope("chat.completion.chunk", $0).compact } + ["[DONE]"]
    return HTTPResponse(
      status: 200,
      headers: [
        "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache",
      ],
      body: Array(events.map { "data: \($0)\n\n" }.joined().utf8))
  }

  private func envelope(_ object: JSON, _ choice: JSON) -> JSON {
    [
      "id": .string(id), "object": object, "created": .integer(created), "model": .string(model),
      "choices": [choice],
    ]
  }
}
