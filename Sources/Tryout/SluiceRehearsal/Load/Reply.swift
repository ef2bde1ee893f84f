import SluiceFoundation

/// The stand-in's answer to a turn: `turn 2 of this conversation, release 1.4.1`.
struct Reply: Sendable, Hashable {
  let turn: Int
  let release: String

  init?(text: String) {
    let words = text.split(separator: " ")
    guard words.count == 7, words[0] == "turn", let turn = Int(words[1]), words[5] == "release"
    else { return nil }
    self.turn = turn
    release = String(words[6])
  }

  /// From the body of a chat completion.
  init?(completion body: [UInt8]) {
    guard let answer = try? JSONDecoder().decode(Completion.self, from: Data(body)),
      let text = answer.choices.first?.message.content
    else { return nil }
    self.init(text: text)
  }

  private struct Completion: Decodable {
    struct Choice: Decodable { let message: Message }
    struct Message: Decodable { let content: String }
    let choices: [Choice]
  }

  /// Whether an answer with that status is the release's own: the balancer's has no such body.
  static func isError(_ expected: LoadOptions.ReleaseError, _ body: [UInt8]) -> Bool {
    struct Answer: Decodable {
      struct Fault: Decodable { let message: String }
      let error: Fault
    }
    let answer = try? JSONDecoder().decode(Answer.self, from: Data(body))
    return answer?.error.message == expected.message
  }
}

/// A client's memory of its conversation: how many turns the gateway must know of.
struct Conversation: Sendable {
  private(set) var known = 0
  private(set) var isAnswered = false

  /// Whether the gateway that answered has lost turns that an earlier one knew.
  mutating func take(_ reply: Reply) -> Bool {
    defer {
      known = reply.turn
      isAnswered = true
    }
    return reply.turn <= known
  }

  mutating func noteError() { isAnswered = true }
}
