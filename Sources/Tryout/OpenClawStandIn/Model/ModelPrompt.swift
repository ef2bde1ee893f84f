import SluiceCrypto

/// A gateway's question to its model, as far as a rehearsal needs it: `POST /v1/chat/completions`.
struct ModelPrompt: Sendable, Equatable {
  /// Of the skill pack that the session runs on; `none` when the prompt lists no skill of one.
  var release = "none"
  /// The directory that the pack's skills are loaded from, as the prompt names it:
  /// `…/skills/current`.
  var root: String?
  /// 1 for the first question of a conversation.
  var turn = 1
  var streams = false
  /// Sluice's own question after a start: it asks for one word and for no skill.
  var isWarmUp = false
  /// How long the question asks it to take; 0: as long as it needs.
  var askedSeconds = 0
  /// The same for every attempt at this conversation.
  var conversation: UInt64 = 0

  /// Nil when it is not a chat completion's request.
  init?(_ body: [UInt8]) {
    guard let json = JSON.parse(body), let messages = json["messages"]?.items, !messages.isEmpty
    else { return nil }
    streams = json["stream"]?.flag ?? false
    let texts = messages.map(Self.text)
    let roles = messages.map { $0["role"]?.text ?? "" }
    turn = 1 + zip(roles, texts).count { $0 == "assistant" && !$1.isEmpty }
    if let listed = texts.lazy.compactMap(Self.listedSkill).first {
      release = listed.release
      root = listed.root
    }
    let lastQuestion = zip(roles, texts).reversed()
      .first { $0 == "user" && !$1.hasPrefix(Self.context) }?.1
    isWarmUp = lastQuestion?.contains(Self.warmUp) ?? false
    askedSeconds =
      lastQuestion.flatMap { Self.between("Take ", " seconds.", in: $0) }.flatMap { Int($0) } ?? 0
    let name =
      texts.lazy.compactMap { Self.between("sessionId=", " ", in: $0) }.first
      ?? texts.joined(separator: "\n")
    conversation = SHA256Digest.hash(Array(name.utf8)).prefix(8)
      .reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static let warmUp = "Answer with the word: ready"
  /// The text that OpenClaw itself adds to a question, as a message of the user's.
  private static let context = "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>"

  private static func text(_ message: JSON) -> String {
    guard let content = message["content"] else { return "" }
    if let text = content.text { return text }
    return (content.items ?? []).compactMap { $0["text"]?.text }.joined(separator: "\n")
  }

  /// The first skill of a pack: its description ends in `Pack 1.4.2.`, its location leads through
  /// the pack's root.
  private static func listedSkill(in text: String) -> (release: String, root: String?)? {
    for entry in text.split(separator: "</skill>") {
      guard let description = between("<description>", "</description>", in: entry),
        let release = between("Pack ", ".</", in: description + "</"), isVersion(release)
      else { continue }
      let location = between("<location>", "/SKILL.md</location>", in: entry)
      let folder = location?.split(separator: "/").dropLast().joined(separator: "/")
      return (release, folder.map { "/\($0)" })
    }
    return nil
  }

  private static func isVersion(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { "0123456789.-+abcdefghijklmnopqrstuvwxyz".utf8.contains($0) }
  }

  private static func between(
    _ start: String, _ end: String, in text: some StringProtocol
  ) -> String? {
    guard let from = text.firstRange(of: start)?.upperBound else { return nil }
    let rest = text[from...]
    guard let to = rest.firstRange(of: end)?.lowerBound else { return nil }
    return String(rest[..<to])
  }
}
