import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceTestSupport
import Testing

@testable import SluiceHAProxy

@Suite(
  "The managed HAProxy shares new sessions",
  .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)))
struct ShareTests {
  @Test("none at 0 %, half at 50 %, all at 100 %, and a draw is what it says")
  func draws() async throws {
    try await Rig.with { rig in
      try await rig.share(0, generation: 1)
      #expect(try await rig.draw(100) == (0, 100))
      try await rig.share(100, generation: 2)
      #expect(try await rig.draw(100) == (100, 0))
      try await rig.share(50, generation: 3)
      let (canary, stable) = try await rig.draw(600)
      #expect(canary + stable == 600)
      // 300 ± 6.5 standard deviations of 12.2: wrong once in 10^10.
      #expect((221...379).contains(canary))
    }
  }

  @Test(
    "tenants of a cohort go to their arm at any share, in any case; at none the canary has none")
  func cohorts() async throws {
    try await Rig.with { rig in
      try await rig.share(0, generation: 1)
      let early = try await rig.get("/", ["X-OpenClaw-Tenant": "ACME"])
      #expect(Rig.stables.contains(early.host), "what the canary runs may not be proven")
      _ = try await rig.balancer.apply(
        Weights(share: Share(basisPoints: 1)!, pinEpoch: 1, generation: 2), epoch: Epoch(1))
      let acme = try await rig.get("/", ["X-OpenClaw-Tenant": "ACME"])
      #expect(acme.host == Rig.canary)
      // The ramp ends, and his conversation is where it is.
      try await rig.share(0, generation: 3)
      let held: HTTPHeaders = ["x-openclaw-tenant": "acme", "Cookie": acme.cookies]
      #expect(try await rig.get("/", held).host == Rig.canary)
      try await rig.share(0, pinEpoch: 2, generation: 4)
      #expect(Rig.stables.contains(try await rig.get("/", held).host), "a rollback")
      try await rig.share(100, pinEpoch: 2, generation: 5)
      // A cohort comes before any pin.
      let globex = try await rig.get(
        "/", ["x-openclaw-tenant": "globex", "Cookie": "SLUICE_ARM=\(try rig.canaryPin(2))"])
      #expect(Rig.stables.contains(globex.host))
      #expect(globex.cookies.contains("SLUICE_ARM") == false)
      #expect(try await rig.get("/", ["x-openclaw-tenant": "unknown"]).host == Rig.canary)
    }
  }

  @Test("a state that is broken or gone is share 0, and is told when it is read")
  func brokenState() async throws {
    try await Rig.with { rig in
      let map = rig.balancer.files.stateMap
      for order in ["abc:1:1", "-5:1:1", ":"].map({ "set map \(map) state \($0)" })
        + ["del map \(map) state"]
      {
        try await rig.tell(order)
        #expect(try await rig.draw(40) == (0, 40), "\(order)")
        await #expect(throws: PortError.self) { try await rig.balancer.read() }
      }
    }
  }

  @Test("client's own forwarded headers and request ids do not reach a gateway")
  func forwarded() async throws {
    try await Rig.with(change: { $0.front = nil }) { rig in
      let reply = try await rig.get(
        "/headers",
        [
          "X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6",
          "X-Request-Id": "mine", "X-Forwarded-Host": "evil", "X-Forwarded-Port": "1",
        ])
      let lines = reply.text.split(separator: "\n")
      #expect(!lines.contains { $0.hasPrefix("x-forwarded") || $0.hasPrefix("forwarded") })
      #expect(!lines.contains { $0.contains("6.6.6.6") || $0.contains("mine") })
      #expect(lines.count { $0.hasPrefix("x-request-id") } == 1)
    }
  }
}

@Suite(
  "A conversation stays on its gateway",
  .enabled(if: hasTool("haproxy"), "haproxy is not installed"), .timeLimit(.minutes(2)))
struct PinTests {
  /// Clients with a key, and what a browser sent back after its first answer.
  private func clients(_ rig: Rig) async throws -> [(headers: HTTPHeaders, host: HostName)] {
    let keys: [HTTPHeaders] = (0..<60).map { ["x-openclaw-session-key": "agent:main:\($0)"] }
    let keyed = try await rig.get(each: keys)
    let fresh = try await rig.get(each: Array(repeating: [:], count: 60))
    return zip(keys, keyed).map { ($0, $1.host) }
      + fresh.map { (["Cookie": $0.cookies], $0.host) }
  }

  @Test("changing the share moves nobody and drops nothing; a new pin epoch moves the canary's")
  func shareChanges() async throws {
    try await Rig.with { rig in
      try await rig.share(30, generation: 1)
      let clients = try await clients(rig)
      let canaries = clients.count { $0.host == Rig.canary }
      #expect(canaries > 5 && canaries < 115)
      let acme: HTTPHeaders = ["x-openclaw-tenant": "acme"]
      let (socket, host) = try await rig.webSocket(acme)
      #expect(host == Rig.canary, "at any share")

      for (generation, percent) in [(2, 80), (3, 5), (4, 0)] as [(Int64, Int)] {
        try await rig.share(percent, generation: generation)
        let replies = try await rig.get(each: clients.map(\.headers))
        let moved = zip(clients, replies).count { $0.host != $1.host }
        #expect(moved == 0, "at \(percent) %")
      }
      #expect(try await rig.draw(50) == (0, 50))
      #expect(try await rig.balancer.read().server(Rig.canary)?.openSessions == 1)

      try await rig.share(0, pinEpoch: 2, generation: 5)
      let replies = try await rig.get(each: clients.map(\.headers))
      #expect(!replies.contains { $0.host == Rig.canary })
      let stable = zip(clients, replies).filter { $0.0.host != Rig.canary }
      #expect(stable.allSatisfy { $0.host == $1.host }, "nobody else moved")
      await socket.close()
    }
  }

  @Test("a promotion moves no conversation that began on stable: one turn before it, one at 40 %")
  func promotionMovesNobody() async throws {
    try await Rig.with { rig in
      try await rig.share(0, generation: 1)
      let clients = try await clients(rig)
      #expect(clients.count == 120 && clients.allSatisfy { $0.host != Rig.canary })
      // The shadow empties the canary, the canary is proven, and the ramp runs.
      try await rig.share(0, pinEpoch: 2, generation: 2)
      _ = try await rig.balancer.takeOut(Rig.canary, epoch: Epoch(1))
      _ = try await rig.balancer.giveBack(Rig.canary, epoch: Epoch(1), deadline: .seconds(30))
      for (generation, percent) in [(3, 5), (4, 20), (5, 40)] as [(Int64, Int)] {
        try await rig.share(percent, pinEpoch: 2, generation: generation)
      }
      let replies = try await rig.get(each: clients.map(\.headers))
      #expect(zip(clients, replies).count { $0.host != $1.host } == 0)
      // A stable gateway is swung in the mirror: its sockets come back to it.
      let out = Rig.stables[0]
      let sockets = clients.prefix(60).filter { $0.host == out }.prefix(8)
      try #require(sockets.count > 2)
      _ = try await rig.balancer.takeOut(out, epoch: Epoch(1))
      for client in sockets {
        await #expect(throws: WebSocketError.self) { try await rig.webSocket(client.headers) }
        #expect(try await rig.get("/", client.headers).headers["Retry-After"] == "2")
      }
      _ = try await rig.balancer.giveBack(out, epoch: Epoch(1), deadline: .seconds(30))
      for client in sockets {
        let (socket, host) = try await rig.webSocket(client.headers)
        #expect(host == out)
        await socket.close()
      }
    }
  }

  @Test(
    "M7: a stable pin with the other arm's gateway cookie keeps its arm; a forged pin pins nobody")
  func foreignCookies() async throws {
    try await Rig.with { rig in
      try await rig.share(100, pinEpoch: 3, generation: 1)
      let (stable, gateways) = try rig.pins()
      for cookie in [
        "SLUICE_ARM=\(stable); SLUICE_GW=\(gateways[Rig.canary] ?? "")",
        "SLUICE_ARM=\(stable); SLUICE_GW=\(gateways[Rig.stables[0]] ?? "")", "SLUICE_ARM=\(stable)",
      ] {
        #expect(Rig.stables.contains(try await rig.get("/", ["Cookie": cookie]).host), "\(cookie)")
      }
      try await rig.share(0, pinEpoch: 3, generation: 2)
      let canary = try rig.canaryPin(3)
      for pin in [
        "canary.3", "canary.", "canary", "canary:3", "", "3", try rig.canaryPin(2),
        try rig.canaryPin(4), String(canary.dropLast()), canary + "0", canary.uppercased() + "G",
        FleetSecret.random().canaryPin(3), FleetSecret.blank.canaryPin(3),
      ] {
        let cookie = "SLUICE_ARM=\(pin); SLUICE_GW=\(gateways[Rig.canary] ?? "")"
        #expect(Rig.stables.contains(try await rig.get("/", ["Cookie": cookie]).host), "\(cookie)")
      }
      #expect(try await rig.get("/", ["Cookie": "SLUICE_ARM=\(canary)"]).host == Rig.canary)
    }
  }

  @Test("while its gateway is taken out a pinned client waits, everybody else is served elsewhere")
  func waits() async throws {
    try await Rig.with(pinned: .wait) { rig in
      try await rig.share(0, generation: 1)
      let clients = try await clients(rig)
      let out = Rig.stables[0]
      try #require(clients.contains { $0.host == out })
      _ = try await rig.balancer.takeOut(out, epoch: Epoch(1))

      let replies = try await rig.get(each: clients.map(\.headers))
      for (client, reply) in zip(clients, replies) where client.host == out {
        #expect(reply.status == 503)
        #expect(reply.headers["Retry-After"] == "2")
        #expect(reply.text.contains("gateway_unavailable"))
      }
      #expect(zip(clients, replies).allSatisfy { $0.host == out || $0.host == $1.host })
      let fresh = try await rig.get(each: Array(repeating: [:], count: 40))
      #expect(fresh.allSatisfy { $0.host == Rig.stables[1] })

      _ = try await rig.balancer.giveBack(out, epoch: Epoch(1), deadline: .seconds(30))
      let back = try await rig.get(each: clients.map(\.headers))
      #expect(zip(clients, back).allSatisfy { $0.host == $1.host }, "all are where they were")
    }
  }

  @Test("where the fleet says move, they are served by another and stay there")
  func moves() async throws {
    try await Rig.with(pinned: .move) { rig in
      try await rig.share(0, generation: 1)
      let clients = try await clients(rig)
      let out = Rig.stables[0]
      _ = try await rig.balancer.takeOut(out, epoch: Epoch(1))
      let replies = try await rig.get(each: clients.map(\.headers))
      #expect(replies.allSatisfy { $0.host == Rig.stables[1] })
      _ = try await rig.balancer.giveBack(out, epoch: Epoch(1), deadline: .seconds(30))
      let keyed = try await rig.get(each: clients.prefix(60).map(\.headers))
      #expect(keyed.allSatisfy { $0.host == Rig.stables[1] })
    }
  }

  @Test("a gateway comes back only when its own probe says so") func unready() async throws {
    try await Rig.with { rig in
      _ = try await rig.balancer.takeOut(Rig.canary, epoch: Epoch(1))
      rig.gateways[Rig.canary]?.setReady(false)
      let error = await #expect(throws: PortError.self) {
        try await rig.balancer.giveBack(
          Rig.canary, epoch: Epoch(1), deadline: .milliseconds(700))
      }
      #expect(error?.kind == .failed)
      let server = try await rig.balancer.read().server(Rig.canary)
      #expect(server?.isTakenOut == true && server?.isUp == false)
      rig.gateways[Rig.canary]?.setReady(true)
      let state = try await rig.balancer.giveBack(
        Rig.canary, epoch: Epoch(1), deadline: .seconds(30))
      #expect(state.server(Rig.canary)?.isInService == true)
    }
  }

  @Test("one that serves is given back at once; one that somebody drained by hand comes back")
  func givenBack() async throws {
    try await Rig.with { rig in
      try #require(await eventually { try await rig.balancer.read().isWhollyInService })
      // Without a moment for a check: it needs none.
      let serving = try await rig.balancer.giveBack(
        Rig.canary, epoch: Epoch(1), deadline: .zero)
      #expect(serving.isWhollyInService)
      try await rig.tell(
        "set server \(try await rig.balancer.serverName(Rig.canary)) state drain")
      #expect(try await rig.balancer.read().server(Rig.canary)?.isTakenOut == true)
      let back = try await rig.balancer.giveBack(
        Rig.canary, epoch: Epoch(1), deadline: .seconds(30))
      #expect(back.isWhollyInService)
    }
  }

  @Test("a canary whose probe fails is not drawn: stable serves") func failOpen() async throws {
    try await Rig.with { rig in
      try await rig.share(100, generation: 1)
      rig.gateways[Rig.canary]?.setReady(false)
      #expect(
        try await eventually { try await rig.balancer.read().server(Rig.canary)?.isUp == false })
      #expect(try await rig.draw(20) == (0, 20))
    }
  }

  @Test("eviction ends a host's WebSockets, counts them and leaves the others open")
  func evicts() async throws {
    try await Rig.with { rig in
      try await rig.share(1, generation: 1)
      var sockets: [WebSocketClient] = []
      for _ in 0..<3 {
        let (socket, host) = try await rig.webSocket(["x-openclaw-tenant": "acme"])
        #expect(host == Rig.canary)
        sockets.append(socket)
      }
      try await rig.share(0, generation: 2)
      let (other, host) = try await rig.webSocket()
      #expect(Rig.stables.contains(host))
      #expect(try await rig.balancer.read().server(Rig.canary)?.openSessions == 3)

      #expect(try await rig.balancer.evict(Rig.canary, epoch: Epoch(1)) == 3)
      for socket in sockets {
        guard case .closed = try await socket.receive() else {
          Issue.record("a message instead of the end")
          continue
        }
      }
      let state = try await rig.balancer.read()
      #expect(state.server(Rig.canary)?.openSessions == 0)
      #expect(state.server(host)?.openSessions == 1)
      await other.close()
    }
  }
}
