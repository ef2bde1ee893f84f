import SluiceHost
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

/// launchd as public reports show it, by a program that follows a script: calls are answered by what
/// was asked before, and no time passes.
@Suite("launchd that means: again", .serialized)
struct LaunchdAgainTests {
  private let home: TemporaryDirectory

  init() throws { home = try TemporaryDirectory() }

  /// - Parameter body: cases of a shell's `case "$1"`; `n` is how often this word was said, `t` counts
  ///   the calls of `bootstrap`.
  private func manager(plist: String? = "/L/x.plist", _ body: String) throws
    -> LaunchdServiceManager
  {
    let script = """
      #!/bin/sh
      cd '\(home.path)'
      echo "$*" >>calls
      n=$(($(cat "n-$1" 2>/dev/null || echo 0) + 1)); echo $n >"n-$1"
      t=$(cat n-bootstrap 2>/dev/null || echo 0)
      absent() { echo 'Could not find service "x" in domain for user gui: 501' >&2; exit 113; }
      running() { printf 'gui/501/x = {\\n\\tstate = running\\n\\tpid = 4711\\n}\\n'; exit 0; }
      idle() { printf 'gui/501/x = {\\n\\tstate = not running\\n\\tlast exit code = 0\\n}\\n'; exit 0; }
      case "$1" in
      \(body)
      esac
      """
    try Files.replace(home("launchctl"), with: Array(script.utf8), mode: 0o755)
    return LaunchdServiceManager(
      domain: "gui/501", label: "x", plist: plist, time: InstantTime(), program: home("launchctl"))
  }

  private func calls(_ word: String) throws -> Int {
    try Files.readText(home("calls")).split(separator: "\n").count { $0.hasPrefix(word + " ") }
  }

  @Test("H1: while the old job lingers bootstrap ends with 5, and is tried until it is let in")
  func lingering() async throws {
    let manager = try manager(
      """
      bootstrap) [ $n -lt 4 ] && { echo 'Bootstrap failed: 5: Input/output error' >&2; exit 5; }
        touch loaded ;;
      kickstart) [ -e loaded ] || exit 37; touch up ;;
      print) [ -e up ] && running; [ -e loaded ] || [ $t -lt 3 ] && idle; absent ;;
      print-disabled) echo '"other" => disabled' ;;
      """)
    #expect(try await manager.start().pid == 4711)
    #expect(try calls("bootstrap") == 4)
  }

  @Test(
    "a label that has gone meanwhile, and codes that say so or mean later, are tried again",
    arguments: [3, 5, 16, 36, 37, 113, 125])
  func again(_ code: Int) async throws {
    let manager = try manager(
      """
      bootstrap) [ $n -lt 3 ] && { echo 'Bootstrap failed' >&2; exit \(code); }; touch loaded ;;
      kickstart) touch up; echo 4711 ;;
      print) [ -e up ] && running; [ -e loaded ] && idle; absent ;;
      """)
    #expect(try await manager.start().pid == 4711)
    #expect(try calls("bootstrap") == 3 && calls("kickstart") == 1)
  }

  @Test(
    "a code that means neither ends the tries at once, and is told", arguments: [1, 4, 112, 150])
  func final(_ code: Int) async throws {
    let manager = try manager(
      """
      bootstrap) echo 'Bootstrap failed' >&2; exit \(code) ;;
      print) absent ;;
      """)
    let error = await portError { _ = try await manager.start() }
    #expect(error.message.contains("bootstrap: exit \(code)"), "\(error)")
    #expect(try calls("bootstrap") == 1)
  }

  @Test("a job that is in already is kicked, whatever bootstrap says", arguments: [5, 17, 37, 130])
  func loadedAlready(_ code: Int) async throws {
    let manager = try manager(
      """
      bootstrap) echo 'Bootstrap failed' >&2; exit \(code) ;;
      kickstart) touch up; echo 4711 ;;
      print) [ -e up ] && running; idle ;;
      """)
    #expect(try await manager.start().pid == 4711)
  }

  @Test("tries are bounded, and the error says every one in launchd's own words")
  func bounded() async throws {
    let manager = try manager(
      """
      bootstrap) echo 'Bootstrap failed: 5: Input/output error' >&2; exit 5 ;;
      kickstart) echo 'Could not find service' >&2; exit 113 ;;
      print) printf 'x = {\\n\\tstate = not running\\n\\tlast exit code = 78: EX_CONFIG\\n}\\n' ;;
      """)
    let error = await portError { _ = try await manager.start() }
    #expect(error.kind == .unknown)
    #expect(error.message.contains("\"Bootstrap failed: 5: Input/output error\""))
    #expect(error.message.contains("kickstart: exit 113"))
    #expect(error.message.contains("last exit code = 78: EX_CONFIG"))
    #expect(try calls("bootstrap") <= 31)
  }

  @Test("a disabled label is named at once, with the way to enable it", arguments: [5, 119])
  func disabled(_ code: Int) async throws {
    let manager = try manager(
      """
      bootstrap) echo 'Bootstrap failed: \(code)' >&2; exit \(code) ;;
      print-disabled) printf 'disabled services = {\\n\\t\\t"x" => disabled\\n\\t}\\n' ;;
      print) absent ;;
      """)
    let error = await portError { _ = try await manager.start() }
    #expect(error.kind == .refused && error.message.contains("is disabled"))
    #expect(error.remedy == "Enable it:  launchctl enable gui/501/x")
    #expect(try calls("bootstrap") == 1)
  }

  @Test(
    "bootout that is in progress is waited for until the label has gone", arguments: [0, 36, 37])
  func unloading(_ code: Int) async throws {
    let manager = try manager(
      """
      bootout) echo 'Boot-out failed: \(code)' >&2; exit \(code) ;;
      print) [ $n -lt 5 ] && idle; absent ;;
      """)
    #expect(try await manager.stop(deadline: .seconds(30)).isStopped)
    #expect(try calls("print") == 5 && calls("bootout") == 1)
  }

  @Test("bootout that was refused for now is asked again; for ever refused it is an error")
  func unloadingAgain() async throws {
    let manager = try manager(
      """
      bootout) [ $n -lt 3 ] && { echo 'Boot-out failed: 5: Input/output error' >&2; exit 5; }
        touch out ;;
      print) [ -e out ] && absent; running ;;
      """)
    #expect(try await manager.stop(deadline: .seconds(30)).isStopped)
    #expect(try calls("bootout") == 3)
    let never = try self.manager(
      """
      bootout) echo 'Boot-out failed: 1: Operation not permitted' >&2; exit 1 ;;
      print) running ;;
      """)
    let error = await portError { _ = try await never.stop(deadline: .seconds(5)) }
    #expect(error.message.contains("Operation not permitted"))
    #expect(error.message.contains("state = running"))
  }

  @Test("H2: between two starts of a crash loop a job is not stopped, and its exit code is read")
  func crashLoop() async throws {
    let manager = try manager(
      plist: nil,
      """
      print) printf 'x = {\\n\\tstate = spawn scheduled\\n\\tlast exit code = 78: EX_CONFIG\\n}\\n' ;;
      """)
    let status = try await manager.status()
    #expect(status.pid == nil && status.lastExitCode == 78)
    #expect(status.pending?.contains("spawn scheduled") == true && !status.isStopped)
    let error = await portError { _ = try await manager.stop(deadline: .seconds(5)) }
    #expect(error.remedy?.contains("KeepAlive") == true)
  }

  @Test("a kick that is refused because something is under way is repeated")
  func kicks() async throws {
    let manager = try manager(
      plist: nil,
      """
      kickstart) [ $n -lt 3 ] && { echo 'Operation already in progress' >&2; exit 37; }; touch up ;;
      print) [ -e up ] && running; idle ;;
      """)
    #expect(try await manager.start().pid == 4711)
    #expect(try calls("kickstart") == 3)
  }

  @Test("systemd: a unit that crashed too often, or is masked, is told with the way out")
  func systemd() async throws {
    func manager(_ shown: String) throws -> SystemdServiceManager {
      let script = """
        #!/bin/sh
        [ "$1" = show ] && { printf '\(shown)'; exit 0; }
        echo 'Job for x.service failed.' >&2; exit 1
        """
      try Files.replace(home("systemctl"), with: Array(script.utf8), mode: 0o755)
      return SystemdServiceManager(
        unit: "x.service", time: InstantTime(), program: home("systemctl"))
    }
    let common = "SubState=failed\\nMainPID=0\\nExecMainStatus=78\\n"
    let hit = try manager(
      "LoadState=loaded\\nActiveState=failed\\nResult=start-limit-hit\\n" + common)
    let error = await portError { _ = try await hit.start() }
    #expect(error.kind == .refused && error.message.contains("start-limit-hit, last exit code 78"))
    #expect(error.remedy?.contains("systemctl reset-failed x.service") == true)
    let masked = try manager("LoadState=masked\\nActiveState=inactive\\nResult=success\\n" + common)
    let second = await portError { _ = try await masked.start() }
    #expect(second.message.contains("is masked"))
  }
}
