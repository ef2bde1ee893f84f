import SluiceCore
import Testing

@testable import SluiceInstall

@Suite("The questions of init")
struct InterviewTests {
  /// Answers the questions before the look.
  static func named(_ hosts: String = "mac-a ops@mac-b.example local") -> Interview {
    var interview = Interview()
    for (question, text) in [
      (Interview.Question.fleet, ""), (.hosts, hosts), (.canary, ""), (.balancer, ""),
    ] {
      let complaint = interview.answer(question, text)
      #expect(complaint == nil)
    }
    return interview
  }

  @Test("questions come in their order, and an empty line takes the suggestion")
  func order() {
    var interview = Interview()
    var asked: [Interview.Question] = []
    while let question = interview.next {
      asked.append(question)
      let text = question == .hosts ? "mac-a mac-b" : ""
      #expect(interview.answer(question, text) == nil)
    }
    #expect(asked == [.fleet, .hosts, .canary, .balancer])
    #expect(interview.fleet == "my-fleet" && interview.canary == HostName("mac-a"))
    interview.learn([:])
    #expect(interview.next == .gateway(HostName("mac-a")))
    #expect(interview.answer(.gateway(HostName("mac-a")), "") == nil)
    #expect(interview.answer(.gateway(HostName("mac-b")), " 10.0.0.2:9 ") == nil)
    #expect(interview.next == nil)
    #expect(interview.gateways[HostName("mac-a")] == "mac-a:18789")
    #expect(interview.gateways[HostName("mac-b")] == "10.0.0.2:9")
  }

  @Test(
    "a mistyped answer is told why, changes nothing and is asked again",
    arguments: [
      (Interview.Question.fleet, "caf\u{E9}"), (.fleet, "ghp_0123456789abcdef0123"), (.hosts, ""),
      (.hosts, "one"), (.hosts, "a b -oProxyCommand=x"), (.hosts, "x=a x=b"), (.hosts, "A_B=a b"),
      (.hosts, "ssh://u:password@host b"), (.hosts, "a b;rm"), (.canary, "mac-x"),
      (.balancer, "8080"), (.balancer, "0.0.0.0:99999"), (.balancer, "0.0.0.0:080"),
      (.gateway(HostName("mac-a")), "10.0.0.1"), (.gateway(HostName("mac-a")), "a b:1"),
      (.gateway(HostName("mac-a")), "10.9.9.9:1"), (.gateway(HostName("mac-a")), "[::1:5"),
    ])
  func mistyped(question: Interview.Question, text: String) {
    var interview = Self.named()
    interview.learn([:])
    #expect(interview.answer(.gateway(HostName("mac-b")), "10.9.9.9:1") == nil)
    let before = interview
    #expect(interview.answer(question, text) != nil)
    #expect(interview == before)
  }

  @Test("a host gets its machine's name, and names stay apart")
  func names() {
    let interview = Self.named(
      "Mac-A.example ops@mac-a.other ssh://ops@mac-a:2222 10.0.0.7 [::1] front=x.y local _")
    #expect(
      interview.hosts.map(\.name.rawValue)
        == ["mac-a", "mac-a-2", "mac-a-3", "10-0-0-7", "1", "front", "local", "host"])
    #expect(interview.hosts.filter { $0.ssh == nil }.map(\.name.rawValue) == ["local"])
  }

  @Test("a gateway's suggestion is the address of the look with the port of OpenClaw")
  func suggestion() throws {
    var interview = Self.named()
    let mac = FirstLookReader.read(
      FirstLookTests.answer(FirstLookTests.framed(FirstLookTests.mac)))
    interview.learn([
      HostName("mac-a"): mac, HostName("mac-b"): .unseen("away"), HostName("local"): mac,
    ])
    #expect(interview.suggestion(for: .gateway(HostName("mac-a"))) == "10.0.0.11:18789")
    #expect(interview.suggestion(for: .gateway(HostName("mac-b"))) == "mac-b.example:18789")
    #expect(interview.answer(.gateway(HostName("mac-a")), "") == nil)
    #expect(interview.suggestion(for: .gateway(HostName("local"))) == "10.0.0.11:18790")
  }

  @Test("ssh's own resolution of a name gives user, machine, port and jump host")
  func route() {
    let text = "host mac-a\nuser ops\nhostname mac-a.example\nport 22\nproxyjump none\n"
    #expect(SSHRoute(text)?.destination == "ops@mac-a.example")
    #expect(SSHRoute(text)?.isIndirect == false)
    let far = SSHRoute(
      text.replacing("port 22", with: "port 2222").replacing("proxyjump none", with: "proxyjump b"))
    #expect(far?.destination == "ssh://ops@mac-a.example:2222" && far?.isIndirect == true)
    let six = SSHRoute(text.replacing("mac-a.example", with: "fd00::1"))
    #expect(six?.destination == "ssh://ops@[fd00::1]:22")
    #expect(SSHRoute("user ops\n") == nil && SSHRoute("") == nil)
  }
}
