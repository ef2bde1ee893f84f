import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import SluiceController

@Suite("The keeper's metrics over HTTP")
struct KeeperServerTests {
  @Test("metrics come as Prometheus reads them, livez says ok, and anything else what there is")
  func answers() async throws {
    let directory = try TemporaryDirectory()
    let port = try #require(try PortFinder.freeLoopbackPorts(1).first)
    var fleet = Fleet.example()
    fleet.balancer.managed?.metrics = "127.0.0.1:\(port)"
    let board = KeeperBoard(path: directory("keeper.json"))
    var record = KeeperRecord()
    record.restarts = 2
    board.publish(record)
    let server = try MetricsServer(fleet, board)
    defer { server.stop() }
    let client = HTTPClient()
    defer { client.shutdown() }
    func get(_ path: String, _ method: String = "GET") async throws -> HTTPResponse {
      try await client.send(HTTPRequest(method, "http://127.0.0.1:\(port)\(path)"))
    }
    let metrics = try await get("/metrics")
    #expect(metrics.status == 200)
    #expect(metrics.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
    #expect(metrics.headers["Cache-Control"] == "no-store")
    #expect(
      String(decoding: metrics.body, as: UTF8.self).contains("sluice_balancer_restarts_total 2\n"))
    #expect(try await get("/livez").status == 200)
    #expect(try await get("/").status == 404)
    #expect(try await get("/metrics", "POST").status == 404)
  }

  @Test("an address that is none is refused by the key's name")
  func noAddress() throws {
    let directory = try TemporaryDirectory()
    var fleet = Fleet.example()
    fleet.balancer.managed?.metrics = "nowhere"
    #expect(throws: PortError.self) {
      try MetricsServer(fleet, KeeperBoard(path: directory("keeper.json")))
    }
  }
}
