import SluiceArguments
import SluiceCore
import SluiceJSON
import Synchronization
import Testing

@testable import SluiceRehearsal

@Suite("How the rehearsal speaks")
struct NarrationTests {
  private static func step(_ basisPoints: Int, _ count: Int, _ total: Int) -> ActReport.Step {
    .init(
      intended: Share(basisPoints: basisPoints) ?? .zero,
      measured: MeasuredShare(count: count, total: total))
  }

  static let good = ActReport(
    .goodRelease, .completed,
    .promoted(
      steps: [step(500, 51, 1_000), step(2_000, 198, 1_000), step(4_000, 403, 1_000)],
      sessions: 4_210, lost: 0, moved: 0))
  static let bad = ActReport(
    .badRelease, .rolledBack,
    .caught(canarySessions: 41, after: 26_000, shareZero: 4, verified: 6_200))
  static let lying = ActReport(
    .lyingRelease, .refused, .refused(reason: "its tree is not what the lock says", sessions: 0))
  static let dead = ActReport(
    .deadController, .completed, .resumed(step: 2, after: 300, twice: []))

  static let summary = RehearsalSummary(
    gateways: 3, balancer: "HAProxy 2.6.12", sessions: 9_204, milliseconds: 151_000,
    acts: [good, bad, lying, dead], directory: "./rehearsal-20261122-140211")

  @Test("the summary is what a person would tell a colleague")
  func text() {
    #expect(
      Self.summary.lines() == [
        "rehearsal   3 gateways, HAProxy 2.6.12, 9,204 sessions"
          + "                        2 min 31 s",
        " 1 good release      completed     5 → 20 → 40 % → all; "
          + "0 of 4,210 sessions lost, 0 moved",
        "        5 % meant   5.1 % (3.9–6.6) measured   51 of 1,000 sessions",
        "       20 % meant   19.8 % (17.4–22.4) measured   198 of 1,000 sessions",
        "       40 % meant   40.3 % (37.3–43.4) measured   403 of 1,000 sessions",
        " 2 bad release       rolled back   caught after 41 canary sessions (26 s); "
          + "share 0 in 4 ms, verified",
        "                                   in 6.2 s",
        " 3 lying release     refused       its tree is not what the lock says; "
          + "it never got a session",
        " 4 dead controller   completed     killed at step 2, resumed in 300 ms, "
          + "nothing done twice",
        "ledger, logs: ./rehearsal-20261122-140211      try it yourself:  sluice rehearse --keep",
      ])
    #expect(Self.summary.isAsIntended)
  }

  @Test("the last line names the command that the person typed")
  func typedCommand() {
    var summary = Self.summary
    summary.command = "scripts/rehearse"
    #expect(summary.lines().last?.hasSuffix("try it yourself:  scripts/rehearse --keep") == true)
  }

  @Test(
    "an act that did not end as it should says so in words, and is no success",
    arguments: [
      ActReport(.goodRelease, .rolledBack, .unfinished("rolled back: errors")),
      ActReport(
        .goodRelease, .completed,
        .promoted(steps: [step(500, 1, 10)], sessions: 10, lost: 1, moved: 0)),
      ActReport(.badRelease, .completed, .unfinished("it went through")),
      ActReport(
        .badRelease, .rolledBackUnverified,
        .caught(canarySessions: 1, after: 1, shareZero: 1, verified: 1)),
      ActReport(.lyingRelease, .refused, .refused(reason: "refused", sessions: 1)),
      ActReport(.deadController, .completed, .resumed(step: 2, after: 1, twice: ["swing mac-b"])),
    ])
  func notAsIntended(report: ActReport) {
    var summary = Self.summary
    summary.acts[0] = report
    #expect(!summary.isAsIntended)
    #expect(summary.lines().joined().contains("NOT AS IT SHOULD"))
    #expect(summary.json["as_intended"] == false)
  }

  @Test("clients of real gateways: what they saw of every act stands below it")
  func clients() {
    var seen = LoadSnapshot()
    seen.sessions = 214
    seen.waits = 17
    seen.longTurns = 4
    seen.socketsClosed = [1012: 3, 1000: 1]
    var summary = Self.summary
    summary.build = "2026.9.6"
    summary.acts = [Self.good]
    summary.acts[0].clients = ClientView(seen)
    let lines = summary.lines()
    #expect(lines[0].hasPrefix("rehearsal   3 gateways of OpenClaw 2026.9.6, HAProxy 2.6.12, "))
    #expect(
      lines.contains(
        "     clients   0 of 214 sessions lost, 4 long answers, 17 told to wait, "
          + "3 WebSockets closed by a restart (1012)"))
    #expect(summary.isAsIntended)
    #expect(summary.json["openclaw"] == "2026.9.6")
  }

  @Test(
    "a client that lost a session, or saw an error that its release does not make, was harmed",
    arguments: [Act.goodRelease, .badRelease])
  func harmed(act: Act) {
    var report = act == .goodRelease ? Self.good : Self.bad
    var seen = LoadSnapshot()
    seen.releaseErrors = 2
    seen.arms[.canary] = .init(sessions: 5, errors: 2)
    report.clients = ClientView(seen)
    #expect(report.isAsIntended == (act == .badRelease))
    seen.arms[.stable] = .init(sessions: 9, errors: 1)
    report.clients = ClientView(seen)
    #expect(!report.isAsIntended)
    seen = LoadSnapshot()
    seen.lost = 1
    report.clients = ClientView(seen)
    #expect(!report.isAsIntended)
  }

  @Test("a conversation that was lost is a failure; one that a rollback moved is counted")
  func conversations() {
    var report = Self.good
    report.clients = ClientView(
      LoadSnapshot(), conversations: ConversationCount(kept: 30, moved: 2))
    #expect(report.isAsIntended)
    #expect(
      report.clients?.conversationSentence == "30 kept, 2 moved as the canary was emptied, 0 lost")
    #expect(report.clients?.json["conversations"] == ["kept": 30, "moved": 2, "lost": 0])
    var count = ConversationCount(kept: 31, moved: 0, lost: 1)
    count.losses = ["keyedHTTP: its context was gone, stable → canary": 1]
    report.clients = ClientView(LoadSnapshot(), conversations: count)
    #expect(!report.isAsIntended)
    #expect(report.clients?.conversationSentence?.contains("1 LOST (1 × keyedHTTP") == true)
    report.clients = ClientView(LoadSnapshot())
    #expect(report.clients?.conversationSentence == nil)
  }

  @Test("a turn that a rollback's eviction cut is told, and is not held against the rehearsal")
  func evicted() {
    var report = Self.bad
    var seen = LoadSnapshot()
    seen.sessions = 142
    (seen.lost, seen.cut) = (1, 1)
    seen.losses = ["WebSocket: cut in a turn (1006)": 1]
    report.clients = ClientView(seen)
    #expect(!report.isAsIntended, "nothing was evicted")
    report.clients = ClientView(seen, evictions: 2)
    #expect(report.isAsIntended)
    #expect(
      report.clients?.sentence
        == "1 of 142 sessions lost (1 × WebSocket: cut in a turn (1006)), "
        + "1 of them as the canary was emptied")
    (seen.lost, seen.cut) = (2, 1)
    report.clients = ClientView(seen, evictions: 2)
    #expect(!report.isAsIntended, "one more was lost otherwise")
    (seen.lost, seen.cut) = (3, 3)
    report.clients = ClientView(seen, evictions: 2)
    #expect(!report.isAsIntended, "more were cut than connections ended")
  }

  private static func build(back: String, turns: ClosedRange<Int>, refusal: Int32) -> ActReport {
    ActReport(
      .newBuild, .rolledBack,
      .broughtBack(
        BuildStory(
          from: "2026.9.4", to: "2026.9.6", back: back, copiedBytes: 12_000_000,
          copiedMilliseconds: 80, verified: 48_000, turns: turns, aside: "/r/state.newer-1",
          refusal: refusal)))
  }

  @Test(
    "another build is whole when the old one is back with its sessions, and could not be without")
  func newBuild() {
    let whole = Self.build(back: "2026.9.4", turns: 1...2, refusal: 78)
    #expect(whole.isAsIntended)
    #expect(
      whole.sentence
        == "2026.9.4 → 2026.9.6 waited for a person; turned round under load: 2026.9.4 is back "
        + "with its sessions, verified in 48 s; without the copy it refuses to start (exit 78)")
    #expect(!Self.build(back: "2026.9.6", turns: 1...2, refusal: 78).isAsIntended)
    let lost = Self.build(back: "2026.9.4", turns: 1...1, refusal: 78)
    #expect(!lost.isAsIntended && lost.sentence.contains("SESSIONS GONE"))
    #expect(!Self.build(back: "2026.9.4", turns: 1...2, refusal: 0).isAsIntended)
  }

  @Test("a rehearsal in which nothing was played is no success")
  func empty() {
    var summary = Self.summary
    summary.acts = []
    #expect(!summary.isAsIntended)
  }

  @Test("the JSON carries every figure, shares in basis points and times in milliseconds")
  func json() throws {
    let acts = try #require(Self.summary.json["acts"]?.elements)
    #expect(Self.summary.json["schema"] == "sluice.rehearsal/1")
    #expect(
      acts[0]["steps"]?.elements?.first == [
        "intended": 500, "measured": 510, "low": 390, "high": 664, "canary_sessions": 51,
        "sessions": 1_000,
      ])
    #expect(acts[1]["share_zero_ms"] == 4 && acts[1]["canary_sessions"] == 41)
    #expect(acts[2]["sessions"] == 0)
    #expect(acts[3]["twice"] == [] && acts[3]["as_intended"] == true)
  }

  @Test("on stage: what was played, the tree of the act that is on, what is to come")
  func stage() {
    var stage = Stage(cast: "3 gateways, HAProxy 2.6.12", acts: [.goodRelease, .badRelease], at: 0)
    stage.end(Self.lying)
    stage.begin(.goodRelease, at: 1_000)
    stage.say("plan v1.4.2: 3 hosts, share 5 → 20 → 40 %")
    stage.show("waits for evidence")
    var load = LoadSnapshot()
    load.sessions = 1_204
    load.versions = ["1.4.1": .init(sessions: 950), "1.4.2": .init(sessions: 50)]
    #expect(
      stage.lines(at: 42_000, load: load) == [
        "rehearsal   3 gateways, HAProxy 2.6.12   0:42",
        " 1 good release      0:41",
        "├─ plan v1.4.2: 3 hosts, share 5 → 20 → 40 %",
        "├─ waits for evidence",
        "└─ traffic   1,204 sessions, 0 lost   1.4.1 95.0 %, 1.4.2 5.0 %",
        " 2 bad release",
      ])
  }

  @Test("no line is wider than 100 columns, and the stage fits a screen")
  func fits() {
    var stage = Stage(cast: "3 gateways", acts: Act.usual, at: 0)
    stage.begin(.badRelease, at: 0)
    for number in 0..<60 {
      stage.say("\(number) " + String(repeating: "word ", count: number))
    }
    let lines = stage.lines(at: 1, load: nil)
    #expect((lines + Self.summary.lines()).allSatisfy { $0.count <= 100 })
    #expect(stage.lines(at: 1, load: nil, height: 10).count < lines.count)
  }

  @Test("without a terminal, every happening is a line of its own")
  func plain() {
    let written = Mutex("")
    let narrator = Narrator(
      stage: Stage(cast: "", acts: Act.usual, at: 0), style: .plain, isLive: false
    ) { text in written.withLock { $0 += text } }
    narrator.begin(.badRelease)
    narrator.show("not for a log")
    narrator.say("share 5 %\u{1b}[2J")
    narrator.refresh(load: nil)
    narrator.end(Self.bad)
    narrator.finish()
    let lines = written.withLock { $0 }.split(separator: "\n").map { $0.dropFirst(12) }
    #expect(
      lines == [
        "  act 2, bad release", "    share 5 %\\x1b[2J",
        "  act 2 rolled back: caught after 41 canary sessions (26 s); share 0 in 4 ms, "
          + "verified in 6.2 s",
      ])
  }

  @Test("a live screen draws over what it drew before, and only when something changed")
  func live() {
    var screen = LiveScreen()
    let (off, on) = ("\u{1b}[?7l", "\u{1b}[?7h")
    #expect(screen.draw(["a", "b"]) == off + "\u{1b}[2Ka\n\u{1b}[2Kb\n\u{1b}[J" + on)
    #expect(screen.draw(["a", "b"]) == "")
    #expect(screen.draw(["c"]) == off + "\u{1b}[2F\u{1b}[2Kc\n\u{1b}[J" + on)
    #expect(screen.clear() == "\u{1b}[1F\u{1b}[J")
    #expect(screen.draw(["a", "b", "c", "d"], rows: 4).contains("b\n\u{1b}[2K… 2 more lines\n"))
    #expect(screen.lines.count == 3, "and the cursor's own row")
  }
}
