import SluiceCore
import SluiceHTTP
import SluiceTestSupport
import Testing

@testable import SluiceRehearsal

@Suite("Conversations that live through an act")
struct ResidentTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func fates(_ ends: [TurnEnd]) -> [Resident.Fate] {
    let client = HTTPClient()
    defer { client.shutdown() }
    var resident = Resident(
      number: 4, options: LoadOptions(target: "127.0.0.1:1", token: "t"), client: client,
      tally: LoadTally())
    return ends.map { resident.fate(of: $0) }
  }

  private func turn(_ arm: Arm?, isContextLost: Bool = false) throws -> TurnEnd {
    let reply = try #require(Reply(text: "turn 1 of this conversation, release 1.4.2"))
    return .answered(reply, arm, isContextLost: isContextLost)
  }

  @Test("off the canary it was moved; any other lost context is a loss, and so is no answer")
  func causes() throws {
    #expect(
      fates([try turn(.canary), try turn(.canary), try turn(.stable, isContextLost: true)])
        == [.kept, .kept, .moved])
    for (before, after) in [
      (.stable, .canary), (.stable, .stable), (.canary, .canary), (nil, .stable),
    ] as [(Arm?, Arm)] {
      let fates = fates([try turn(before), try turn(after, isContextLost: true)])
      guard case .lost(let why) = fates[1] else {
        Issue.record("\(fates)")
        continue
      }
      #expect(why.hasPrefix("keyedHTTP: its context was gone"))
    }
    #expect(
      fates([.lost("status 502", isCut: false), .releaseError(.canary), .cancelled])
        == [.lost("keyedHTTP: status 502"), .kept, .cancelled])
  }

  @Test("by key and by cookie, over HTTP and WebSockets: all are there at the end of every act")
  func rollCall() async throws {
    let fleet = try await builtFleet(in: directory("r"))
    let gateways = try startedGateways(fleet)
    try await fleet.awaitReady(probes: false)
    var options = LoadOptions(target: fleet.layout.hosts[1].gateway, token: fleet.token)
    options.sessionsPerSecond = 2
    options.webSockets = 0
    options.residents = 8
    options.lateResidents = 4
    options.residentPauseMilliseconds = 400
    let load = Load(options)
    let counts = await withTaskGroup(of: Void.self) { group in
      group.addTask { await load.run() }
      var counts: [ConversationCount] = []
      for _ in 0..<2 {
        await load.beginAct()
        let before = load.snapshot.answered
        _ = await eventually { load.snapshot.answered > before + 30 }
        counts.append(await load.endAct())
      }
      load.stop()
      return counts
    }
    await stop(gateways)
    for count in counts {
      #expect(count.lost == 0 && count.moved == 0, "\(count)")
      #expect((9...12).contains(count.kept), "those that joined in the middle too: \(count)")
    }
    #expect(load.snapshot.lost == 0 && load.snapshot.webSocketSessions >= 6)
  }

  @Test("a gateway that forgets them, or does not answer, loses each of them")
  func losses() async throws {
    let server = try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0)) { _, responder in
      var response = HTTPResponse.json(
        #"{"choices":[{"message":{"content":"turn 1 of this conversation, release 1.4.2"}}]}"#)
      response.headers.add("X-Sluice-Arm", "stable")
      responder.respond(response)
    }
    defer { server.stop() }
    var options = LoadOptions(target: "127.0.0.1:\(server.port)", token: "t")
    options.sessionsPerSecond = 1
    (options.keyedPercent, options.cookiePercent, options.webSockets) = (0, 0, 0)
    options.residents = 4
    let load = Load(options)
    let count = await withTaskGroup(of: Void.self) { group in
      group.addTask { await load.run() }
      await load.beginAct()
      let count = await load.endAct()
      load.stop()
      return count
    }
    // The two over HTTP found their context gone; it has no WebSockets.
    #expect(count.lost == 4 && count.kept == 0, "\(count)")
    #expect(count.losses.keys.contains("keyedHTTP: its context was gone, stable → stable"))
  }
}
