/// The releases that a rehearsal plays with, as the files of their skill packs.
struct SkillPack: Sendable, Hashable {
  /// How good the stand-in, or the stand-in model, is with this pack: its `quality.json`.
  struct Quality: Sendable, Hashable {
    /// Milliseconds. Long against what a busy machine adds of its own, which is no release's fault.
    var median = 150
    /// Of sessions, in basis points.
    var errors = 0

    /// As the stand-in reads it; a rate is written with the four digits that it has.
    var file: String {
      let digits = String(errors)
      let rate = "0." + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      return "{\"latencyMs\":{\"p50\":\(median),\"sigma\":0.35},\"errorRate\":\(rate)}\n"
    }
  }

  let version: String
  var quality = Quality()
  /// A skill that is changed after the lock was written: the lock lies.
  var alteredAfterLock: String?

  var tag: String { "v\(version)" }

  /// 1.4.2 is a good release after 1.4.1, and 1.4.3 after either.
  static let current = SkillPack(version: "1.4.1")
  static let good = SkillPack(version: "1.4.2")
  static let next = SkillPack(version: "1.4.3")
  /// Five per cent of its sessions fail, and it is twice as slow.
  static let bad = SkillPack(version: "1.5.0", quality: .init(median: 300, errors: 500))
  static let lying = SkillPack(version: "1.6.0", alteredAfterLock: "greeter")
  static let all = [current, good, next, bad, lying]
  /// Comes with another OpenClaw build, where there is one to come with.
  static let nextBuild = SkillPack(version: "1.4.4")

  /// The same pack with the quality that real gateways show. A session takes a second of their
  /// processors, and two processors carry one session a second, so a bad release must show in a
  /// dozen sessions.
  var forRealGateways: SkillPack {
    var pack = self
    pack.quality =
      quality.errors == 0 ? Quality(median: 300) : Quality(median: 4_000, errors: 6_000)
    return pack
  }

  /// Paths in the folder `skills`, and what the files hold.
  var files: [String: String] {
    var files = ["VERSION": "\(version)\n", "quality.json": quality.file]
    for skill in Skill.all { files["\(skill.name)/SKILL.md"] = skill.text(in: version) }
    return files
  }

  private struct Skill {
    let name: String
    /// The text that a model reads before it reads the skill, with the pack's version at its end.
    let description: String
    let rules: [String]
    /// Rules that came with a version, and are in every later one.
    var added: [(version: String, rule: String)] = []

    /// Versions of this rehearsal compare as texts.
    func text(in version: String) -> String {
      let all = rules + added.filter { $0.version <= version }.map(\.rule)
      return """
        ---
        name: \(name)
        description: \(description) Pack \(version).
        ---
        # \(name)

        \(all.map { "- \($0)" }.joined(separator: "\n"))

        """
    }

    static let all = [
      Skill(
        name: "greeter", description: "Welcome a person and find out what they need.",
        rules: ["Say who you are in one sentence.", "Ask one question at a time."],
        added: [
          ("1.4.2", "Answer in the language of the first message."),
          ("1.6.0", "Offer a summary of the last conversation."),
        ]),
      Skill(
        name: "calendar", description: "Find a free slot and book it.",
        rules: ["Offer three slots.", "Never book without a yes."],
        added: [
          ("1.4.2", "Say the time zone with every time."),
          ("1.4.3", "Say the weekday with every date."),
        ]),
      Skill(
        name: "invoices", description: "Read an invoice and file it where it belongs.",
        rules: ["Name sender, amount and due date.", "File nothing that has no sender."],
        added: [("1.5.0", "Read every page twice before answering.")]),
      Skill(
        name: "triage", description: "Sort what came in overnight by how urgent it is.",
        rules: ["Three heaps: now, today, later.", "Say why something is in the first heap."],
        added: [("1.5.0", "Ask the archive about every sender.")]),
      Skill(
        name: "handover", description: "Write what the next person on duty has to know.",
        rules: ["What happened, what is open, who waits.", "At most ten lines."]),
    ]
  }
}

/// A tenant's fragments: the same in every release.
enum TenantFiles {
  /// Paths in the folder `tenants`.
  static let all = [
    "acme/gateway.d/10-models.yaml": "models: [standard, long-context]\n",
    "acme/skills.d/10-slice.yaml": """
    slice: current
    tools: [calendar, mail]
    quota: {disk: 2GB}

    """,
    "globex/skills.d/10-slice.yaml": """
    slice: current
    tools: [files, mail]
    models: [standard]
    quota: {disk: 1GB}

    """,
  ]
}
