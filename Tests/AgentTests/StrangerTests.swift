import SluiceCore
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceAgent

/// Clients that reach the probe's port and that `probe_from` does not name.
@Suite("Strangers at the probe", .serialized)
struct StrangerTests {
  private func port(_ host: TestHost) throws -> UInt16 {
    guard case .tcp(_, let port)? = SocketAddress(host.spec.probe) else {
      throw SystemError("bind", code: 22)
    }
    return port
  }

  @Test(
    "a stranger learns one status: no version, tag, tenant, path, and no metrics",
    .enabled(if: onLinux))
  func stranger() async throws {
    let host = try await TestHost(interval: 200)
    try await host.withAgent { _ in
      _ = try await host.probe { $0.status == .ok }
      let stranger = ClientFrom("127.0.0.2", port: try port(host))
      let good = try #require(await stranger.get("/readyz"))
      #expect(good.status == 200)
      #expect(good.text.hasSuffix("\r\n\r\n{\"status\":\"ok\"}\n"))
      for path in ["/metrics", "/livez", "/", "/readyz/", "/readyz?details=1&x", "//readyz"] {
        let answer = try #require(await stranger.get(path))
        // Not the whole text: the second in its Date header may be the next one.
        let isTheSame =
          answer.status == 200 && answer.text.hasSuffix("\r\n\r\n{\"status\":\"ok\"}\n")
        #expect(answer.status == 404 || isTheSame, "\(path)")
        for secret in [TestHost.openclaw, "1.4.1", host.old.tag, host.spec.name.rawValue] {
          #expect(!answer.text.contains(secret), "\(path)")
        }
        #expect(!answer.text.contains(host.home.path), "\(path)")
      }
      await host.gateway.change { $0.queueDepth = 9 }
      _ = try await host.probe { $0.status == .fail }
      let bad = try #require(await stranger.get("/readyz"))
      #expect(bad.status == 503)
      #expect(bad.text.hasSuffix("\r\n\r\n{\"status\":\"fail\"}\n"))
    }
  }

  @Test(
    "those whom probe_from names are told details, by address and by network", .enabled(if: onLinux)
  )
  func named() async throws {
    let host = try await TestHost()
    try await host.withAgent(probeFrom: ["127.0.0.3", "127.0.1.0/24"]) { _ in
      let port = try port(host)
      for (address, isKnown) in [
        ("127.0.0.1", true), ("127.0.0.2", false), ("127.0.0.3", true), ("127.0.1.77", true),
        ("127.0.2.1", false),
      ] {
        let client = ClientFrom(address, port: port)
        #expect(await client.get("/readyz")?.text.contains("age_ms") == isKnown, "\(address)")
        #expect(await client.get("/metrics")?.status == (isKnown ? 200 : 404), "\(address)")
      }
    }
  }

  @Test(
    "1536 drips from three addresses do not keep /livez and /readyz from answering",
    .enabled(if: onLinux))
  func drips() async throws {
    let host = try await TestHost()
    try await host.withAgent(probeFrom: ["127.0.0.9"]) { _ in
      let port = try port(host)
      let drips = try [2, 3, 4].map {
        try DrippingSockets(512, from: ClientFrom("127.0.0.\($0)", port: port))
      }
      var slowest: Int64 = 0
      for _ in 0..<10 {
        for drip in drips { try drip.drip() }
        for (address, path) in [
          ("127.0.0.1", "/livez"), ("127.0.0.1", "/readyz"), ("127.0.0.9", "/readyz"),
          ("127.0.0.9", "/metrics"), ("127.0.0.5", "/readyz"), ("127.0.0.2", "/readyz"),
        ] {
          let answer = await ClientFrom(address, port: port).get(path)
          #expect(answer != nil, "\(address) \(path)")
          slowest = max(slowest, answer?.milliseconds ?? .max)
        }
      }
      print("figure: slow drip, 3 x 512 sockets: the slowest of 60 answers took \(slowest) ms")
    }
  }

  @Test("512 drips of loopback itself do not keep its own operator out")
  func ownAddress() async throws {
    let host = try await TestHost()
    try await host.withAgent { _ in
      let port = try port(host)
      let drip = try DrippingSockets(512, from: ClientFrom("127.0.0.1", port: port))
      for _ in 0..<10 {
        try drip.drip()
        #expect(await ClientFrom("127.0.0.1", port: port).get("/livez")?.status == 200)
      }
    }
  }

  @Test("an agent does not trust a state directory that others may write to")
  func openState() async throws {
    let host = try await TestHost()
    try Files.makeDirectory(host.home("state"), mode: 0o777)
    let error = await portError { try await host.withAgent { _ in } }
    #expect(error.message.contains("\(host.home("state")) has mode 0777"))
    #expect(error.remedy?.contains("chmod go-w \(host.home("state"))") == true)
    #expect(try Files.status(of: host.home("a.sock")) == nil)
  }

  @Test(
    "root walks no directory that another user arranges, and says how to run instead",
    .enabled(if: HostFacts.userIdentifier == 0, "only root can give a directory away"))
  func root() async throws {
    let host = try await TestHost()
    #expect(LeastPower.refusal(host.spec) == nil)
    for path in [host.spec.paths.skills, host.spec.paths.tenants] {
      let chown = try requireTool("chown")
      for user in ["65534", "0"] {
        _ = try await Processes.run(
          ProcessCommand(chown, [user, path], environment: [:], directory: "/"))
        let refusal = LeastPower.refusal(host.spec)
        #expect((refusal != nil) == (user != "0"), "\(path)")
        #expect(refusal.map { $0.message.contains(path) } ?? true)
        #expect(LeastPower.refusal(host.spec, user: 501) == nil)
      }
    }
    try Files.setMode(host.spec.paths.skills, 0o777)
    let error = await portError { try await host.withAgent { _ in } }
    #expect(error.kind == .refused && error.remedy == "chmod go-w \(host.spec.paths.skills)")
  }

  @Test("an agent that shares the gateway's user says so, and what to do")
  func sharedUser() {
    let shared = LeastPower.meaning(gateway: 501, pid: 7, agent: 501)
    #expect(shared.0 == .odd && shared.means.contains("a user of its own"))
    #expect(LeastPower.meaning(gateway: 501, pid: 7, agent: 502).0 == .expected)
    #expect(LeastPower.meaning(gateway: nil, pid: 7, agent: 502).0 == .odd)
    #expect(LeastPower.meaning(gateway: nil, pid: nil, agent: 502).0 == .expected)
  }
}
