import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import SluiceRehearsal

/// The client of a drill counts everything once, by its kind, and sends nothing again.
@Suite("The drill's steady client")
struct SteadyClientTests {
  private static let answer = HTTPResponse.json(
    #"{"choices":[{"message":{"content":"turn 1 of this conversation, release 1.4.1"}}]}"#)

  /// Runs a client against a server that does this with every request, until it got so many.
  private func counted(
    requests: Int, patience: Duration = .seconds(30),
    _ handle: @escaping @Sendable (Int, HTTPResponder) -> Void
  ) async throws -> (report: SteadyReport, served: Int) {
    let served = Mutex(0)
    let server = try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0)) { _, responder in
      let number = served.withLock { count in
        count += 1
        return count
      }
      handle(number, responder)
    }
    defer { server.stop() }
    let report = await run("127.0.0.1:\(server.port)", patience: patience) {
      served.withLock { $0 } >= requests
    }
    return (report, served.withLock { $0 })
  }

  private func run(
    _ target: String, patience: Duration = .seconds(30),
    until condition: @escaping @Sendable () -> Bool
  ) async -> SteadyReport {
    let client = SteadyClient(target: target, token: "t", rate: 200, patience: patience)
    async let report = client.run()
    #expect(await eventually(condition))
    client.stop()
    return await report
  }

  @Test("good answers are counted, and nothing is lost")
  func answered() async throws {
    let (seen, served) = try await counted(requests: 20) { _, responder in
      responder.respond(Self.answer)
    }
    #expect(seen.sent == served && seen.answered == seen.sent && seen.lostInAll == 0)
    #expect(seen.losses == "0 lost")
  }

  @Test("503, another status, and a 200 without an answer are three things, none asked again")
  func statuses() async throws {
    let (seen, served) = try await counted(requests: 20) { number, responder in
      switch number % 4 {
      case 0: responder.respond(.text("", status: 503))
      case 1: responder.respond(.text("", status: 502))
      case 2: responder.respond(.text("<html>", status: 200))
      default: responder.respond(Self.answer)
      }
    }
    #expect(seen.sent == served)
    #expect(seen.lost[.unavailable] == served / 4)
    #expect(seen.lost[.wrong] == (served + 3) / 4 + (served + 2) / 4)
    #expect(seen.answered + seen.lostInAll == seen.sent)
  }

  @Test("where nobody listens everything is refused")
  func refused() async throws {
    let port = try PortFinder.freeLoopbackPorts(1)[0]
    let client = SteadyClient(target: "127.0.0.1:\(port)", token: "t", rate: 200)
    async let report = client.run()
    #expect(await eventually { client.ended >= 5 })
    client.stop()
    let seen = await report
    #expect(seen.sent >= 5 && seen.lost == [.refused: seen.sent])
  }

  @Test("who gets no answer in time has timed out")
  func hangs() async throws {
    let held = Mutex<[HTTPResponder]>([])
    let (seen, served) = try await counted(requests: 5, patience: .milliseconds(100)) {
      _, responder in held.withLock { $0.append(responder) }
    }
    #expect(served >= 5 && seen.lost == [.timedOut: seen.sent])
    held.withLock { $0 = [] }
  }

  @Test("a connection that ends before its answer was cut")
  func cut() async throws {
    let listener = try SocketListener.listen(.tcp(host: "127.0.0.1", port: 0))
    guard case .tcp(_, let port) = listener.address else { return }
    let cut = Mutex(0)
    async let server: Void = {
      for await connection in listener.connections {
        // The request is read, or its sender would be refused rather than cut.
        _ = try? await connection.read(max: 65_536)
        connection.close()
        cut.withLock { $0 += 1 }
      }
    }()
    let seen = await run("127.0.0.1:\(port)") { cut.withLock { $0 } >= 5 }
    listener.close()
    await server
    #expect(seen.sent >= 5 && seen.lost == [.cut: seen.sent] && seen.answered == 0)
  }

  private func request(
    _ began: Int64, _ ended: Int64, _ loss: SteadyRequest.Loss? = nil
  ) -> SteadyRequest {
    SteadyRequest(began: began, ended: ended, outcome: loss.map { .lost($0) } ?? .answered)
  }

  @Test("the longest time without an answer lies between two good ones, whatever failed between")
  func gap() {
    let seen = SteadyReport(
      [
        request(0, 100), request(20, 130), request(200, 201, .refused), request(300, 301, .refused),
        request(150, 160, .cut), request(900, 1_000), request(920, 1_100),
      ], from: 0, to: 1_200)
    #expect(seen.longestWithout == 870)
    #expect(seen.lost == [.refused: 2, .cut: 1])
    #expect(seen.losses == "3 lost: 2 refused, 1 cut")
    #expect(seen.medianAnswer == 110 && seen.longestAnswer == 180)
  }

  @Test("before the first and after the last good answer nobody was served either")
  func edges() {
    #expect(SteadyReport([], from: 10, to: 510).longestWithout == 500)
    let late = SteadyReport([request(0, 400), request(410, 450)], from: 0, to: 500)
    #expect(late.longestWithout == 400)
    let early = SteadyReport([request(0, 50), request(60, 70, .cut)], from: 0, to: 500)
    #expect(early.longestWithout == 450)
    // An answer after the end of the sending ends no gap, and makes none longer.
    let after = SteadyReport([request(0, 50), request(400, 900)], from: 0, to: 500)
    #expect(after.longestWithout == 450)
  }
}
