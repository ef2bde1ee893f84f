import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceHAProxy

/// The rights of a HAProxy that root starts.
@Suite("HAProxy gives up what it does not need", .timeLimit(.minutes(2)))
struct ConfinementTests {
  private static let canTry =
    hasTool("haproxy") && HostFacts.userIdentifier == 0
    && HostFacts.account("nobody") != nil

  @Test("nobody's rights for root's HAProxy, its starter's for anybody else's")
  func choice() throws {
    let nobody = try #require(HostFacts.account("nobody"))
    #expect(
      try HAProxyAccount.choose(nil, starter: 0)
        == HAProxyAccount(user: "nobody", group: nobody.group))
    #expect(try HAProxyAccount.choose("root", starter: 0) == nil)
    #expect(try HAProxyAccount.choose(nil, starter: nobody.user) == nil)
    #expect(try HAProxyAccount.choose("nobody", starter: nobody.user) == nil)
    let absent = #expect(throws: PortError.self) {
      try HAProxyAccount.choose("no-such-user-here", starter: 0)
    }
    #expect(absent?.message.contains("no such user") == true)
    let other = #expect(throws: PortError.self) {
      try HAProxyAccount.choose("root", starter: nobody.user)
    }
    #expect(other?.message.contains("only root can start HAProxy as another user") == true)
  }

  private struct Rights: Equatable {
    var users: Set<String>
    var groups: Set<String>
    var others: String
    var root: String?
  }

  private func rights(_ pid: Int32) throws -> Rights {
    let text = try Files.readText("/proc/\(pid)/status")
    func field(_ name: String) -> [String] {
      text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
        .map { $0.split(whereSeparator: \.isWhitespace).dropFirst().map(String.init) } ?? []
    }
    return Rights(
      users: Set(field("Uid")), groups: Set(field("Gid")),
      others: field("Groups").joined(separator: " "),
      root: try Files.linkTarget(of: "/proc/\(pid)/root"))
  }

  /// Serves, can be told a share and a certificate's worth of commands, and is nobody.
  private func check(_ rig: Rig, share: Int, generation: Int64) async throws -> Int32 {
    let state = try await rig.share(share, generation: generation)
    #expect(state.weights.share == Share(basisPoints: share * 100))
    let nobody = try #require(HostFacts.account("nobody"))
    let process = try #require(state.processID)
    #expect(
      try rights(process)
        == Rights(
          users: ["\(nobody.user)"], groups: ["\(nobody.group)"], others: "",
          root: rig.balancer.files.empty))
    #expect(try Files.names(in: rig.balancer.files.empty).isEmpty)
    let socket = try #require(try Files.status(of: rig.balancer.files.administration))
    #expect(socket.owner == 0 && socket.mode & 0o777 == 0o600)
    try #require(await eventually { try await rig.balancer.read().isWhollyInService })
    #expect(try await rig.get().arm == (share == 100 ? "canary" : "stable"))
    _ = try await rig.balancer.takeOut(Rig.stables[0], epoch: Epoch(1))
    let back = try await rig.balancer.giveBack(
      Rig.stables[0], epoch: Epoch(1), deadline: .seconds(30))
    #expect(back.server(Rig.stables[0])?.isInService == true)
    return process
  }

  @Test(
    "M12: it serves as nobody in an empty directory, and obeys, restarts, reloads and is replaced",
    .enabled(if: onLinux),
    .enabled(if: canTry, "only root can start HAProxy as another user, or haproxy is missing"))
  func nobody() async throws {
    try await Rig.with { rig in
      var numbers = [try await check(rig, share: 100, generation: 1)]
      // Another configuration takes its sockets.
      var fleet = rig.fleet
      fleet.haproxy.serverTimeoutMilliseconds = 90_000
      #expect(try await rig.another(fleet: fleet).ensureRunning().wasAdopted == false)
      numbers.append(try await check(rig, share: 0, generation: 2))
      _ = try await rig.balancer.restart()
      numbers.append(try await check(rig, share: 100, generation: 3))
      // HAProxy's socket is lost: another process shares its port.
      try Files.removeFile(rig.balancer.files.administration)
      _ = try await rig.balancer.replaceDeaf()
      numbers.append(try await check(rig, share: 0, generation: 4))
      let process = try #require(try ProcessRecord.read(rig.balancer.files.record)?.process)
      try await rig.kill(process)
      try await rig.balancer.ensureRunning()
      numbers.append(try await check(rig, share: 100, generation: 5))
      #expect(Set(numbers).count == 5)
    }
  }

  @Test(
    "an account that sluice.yaml names is the one; root stays root where it says so",
    .enabled(if: onLinux),
    .enabled(if: canTry, "only root can start HAProxy as another user, or haproxy is missing"))
  func named() async throws {
    let account = try #require(HostFacts.account("daemon"))
    try await Rig.with(change: { $0.user = "daemon" }) { rig in
      let pid = try #require(await rig.balancer.read().processID)
      #expect(try rights(pid).users == ["\(account.user)"])
      #expect(rig.balancer.unconfined() == nil)
    }
    try await Rig.with(change: { $0.user = "root" }) { rig in
      let pid = try #require(await rig.balancer.read().processID)
      #expect(try rights(pid).users == ["0"])
      #expect(try rights(pid).root == "/")
      #expect(rig.balancer.unconfined()?.contains("runs as root") == true)
    }
  }
}
