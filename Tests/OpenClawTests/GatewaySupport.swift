import Foundation
import SluiceCore
import SluiceHTTP
import SluiceOpenClaw
import SluicePorts
import SluiceSystem
import SluiceTestSupport
import Synchronization
import Testing

@testable import OpenClawStandIn

/// The machine's clock.
struct RealTime: Time {
  func now() -> Moment {
    Moment(
      wallMilliseconds: SystemClock.wallMilliseconds(),
      monotonicMilliseconds: SystemClock.monotonicMilliseconds(), boot: "this")
  }

  func sleep(for duration: Duration) async throws(CancellationError) {
    try await SystemClock.sleep(for: duration)
  }
}

extension Marker {
  /// A marker whose tree digest is made up.
  static func sample(_ version: String) throws -> Marker {
    let digit = version.last { $0.isNumber } ?? "0"
    return Marker(
      version: version,
      tree: try #require(Digest("sha256:" + String(repeating: digit, count: 64))))
  }
}

extension StandInHost {
  /// A host whose releases carry Sluice's own marker, as placing them writes it.
  static func marked() throws -> StandInHost {
    let host = try StandInHost()
    for version in ["1.4.1", "1.4.2"] { try host.mark(version) }
    return host
  }

  func mark(_ version: String) throws {
    try Files.replace(
      "\(skills)/\(version)/\(Marker.skillName)/SKILL.md",
      with: Array(try Marker.sample(version).skillFile.utf8), durable: false)
  }

  /// Sluice's view of this gateway.
  ///
  /// - Parameter cli: nothing is there unless a test says so: it is spoken to as 2026.9 then.
  func control(
    token: String = StandInHost.token, digest: String? = nil, cli: String = "/nowhere/openclaw",
    deadlines: OpenClawDeadlines = .patient
  ) throws -> OpenClawGateway {
    try OpenClawGateway.forTest(
      "127.0.0.1:\(port)", in: directory, client: client, token: token, digest: digest, cli: cli,
      environment: ["OPENCLAW_STATE_DIR": state], deadlines: deadlines)
  }
}

extension OpenClawDeadlines {
  /// For a machine that stalls: no test waits for them but where it says so.
  static let patient: OpenClawDeadlines = {
    var deadlines = OpenClawDeadlines()
    deadlines.call = .seconds(300)
    deadlines.probe = .seconds(300)
    deadlines.command = .seconds(300)
    return deadlines
  }()
}

extension OpenClawGateway {
  static func forTest(
    _ address: String, sessionAddress: String? = nil, in directory: TemporaryDirectory,
    client: HTTPClient,
    token: String = StandInHost.token, digest: String? = nil, cli: String = "/nowhere/openclaw",
    environment: [String: String] = [:], dialect: DialectName? = nil,
    commands: [String: [String]]? = nil, deadlines: OpenClawDeadlines = .patient
  ) throws -> OpenClawGateway {
    let file = directory("token-\(Randomness.hexadecimal(bytes: 4))")
    try Files.replace(file, with: Array("\(token)\n".utf8), mode: 0o600, durable: false)
    let service = ServiceSpec.process(program: cli, arguments: [], log: "", record: "")
    let spec = OpenClawSpec(
      cli: cli, tokenFile: file, digest: digest, service: service, environment: environment,
      dialect: dialect, commands: commands)
    return OpenClawGateway(
      address: address, sessionAddress: sessionAddress, spec: spec, time: RealTime(),
      client: client, deadlines: deadlines)
  }
}

extension GatewayReading {
  /// Of the whole gateway, where Doctor knows no tenants.
  func doctor() async throws(PortError) -> DoctorReport {
    guard let report = try await doctor(tenants: [])[ProbeInputs.wholeGateway] else {
      throw PortError(.failed, "no report of the whole gateway")
    }
    return report
  }

  func configurationFaults() async throws(PortError) -> [String] {
    try await configurationFaults(tenants: [])
  }
}

/// The error that a call threw; a call that did not throw is a fault of the test.
func failure<Value>(
  _ call: () async throws -> Value, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PortError {
  var thrown: (any Error)?
  do { _ = try await call() } catch { thrown = error }
  return try #require(thrown as? PortError, sourceLocation: sourceLocation)
}

/// A server that answers as a test says: recordings, lies, silence.
final class ScriptedGateway: Sendable {
  enum Reply: Sendable {
    /// A frame; of a response the id is made the request's.
    case frame(JSON)
    case text(String)
    case binary
    case close(UInt16, String)
    case drop
  }

  typealias Script = @Sendable (_ method: String, _ request: JSON, _ count: Int) throws -> [Reply]

  let directory: TemporaryDirectory
  let client = HTTPClient()
  private let server: HTTPServer

  /// - Parameters:
  ///   - greeting: sent first; the recorded challenge unless told otherwise.
  ///   - script: what to send for a request; `count` tells the how manieth it is of its method.
  init(
    greeting: [Reply]? = nil, http: [String: HTTPResponse] = [:],
    script: @escaping Script = { _, _, _ in [] }
  ) throws {
    directory = try TemporaryDirectory()
    let first = try greeting ?? [.frame(recording("rpc/challenge"))]
    let log = Log()
    server = try HTTPServer.start(.tcp(host: "127.0.0.1", port: 0)) { request, responder in
      guard request.headers["Upgrade"] != nil else {
        return responder.respond(http[request.path] ?? .text("not here", status: 404))
      }
      responder.upgradeToWebSocket { peer in
        peer.onText { text in
          guard let request = JSON.parse(Array(text.utf8)),
            let method = request["method"]?.text
          else { return }
          let replies = (try? script(method, request, log.count(method))) ?? []
          Self.send(replies, for: request, to: peer)
        }
        Self.send(first, for: [:], to: peer)
      }
    }
    self.log = log
  }

  deinit {
    server.stop()
    client.shutdown()
  }

  private final class Log: Sendable {
    private let methods = Mutex<[String]>([])
    func count(_ method: String) -> Int {
      methods.withLock {
        $0.append(method)
        return $0.count { $0 == method }
      }
    }
    var all: [String] { methods.withLock { $0 } }
  }
  private let log: Log

  var methods: [String] { log.all }

  func control(
    token: String = StandInHost.token, digest: Bool = false,
    deadlines: OpenClawDeadlines = .patient
  ) throws -> OpenClawGateway {
    try OpenClawGateway.forTest(
      "127.0.0.1:\(server.port)", in: directory, client: client, token: token,
      digest: digest ? "http://127.0.0.1:\(server.port)/v1/webhook-digest" : nil,
      deadlines: deadlines)
  }

  /// `connect` as recorded, everything else as the map of methods to recordings says.
  static func replaying(_ recordings: [String: String]) throws -> ScriptedGateway {
    try ScriptedGateway { method, _, _ in
      let name = method == "connect" ? "rpc/hello" : recordings[method]
      return [.frame(try recording(try #require(name)))]
    }
  }

  private static func send(_ replies: [Reply], for request: JSON, to peer: WebSocketPeer) {
    for reply in replies {
      switch reply {
      case .frame(let frame): peer.send(text: frame.answering(request).compact)
      case .text(let text): peer.send(text: text)
      case .binary: peer.send(binary: [1, 2, 3])
      case .close(let code, let reason): peer.close(code: code, reason: reason)
      case .drop: peer.abandon()
      }
    }
  }
}

extension JSON {
  /// A recorded response with the request's id instead of its own.
  func answering(_ request: JSON) -> JSON {
    guard case .object(let members) = self, let id = request["id"], self["id"] != nil else {
      return self
    }
    return .object(members.map { Member(key: $0.key, value: $0.key == "id" ? id : $0.value) })
  }

  static func answer(_ payload: JSON) -> JSON {
    ["type": "res", "id": "", "ok": true, "payload": payload]
  }

  static func refusal(
    _ code: JSON, _ message: JSON, details: JSON = [:]
  ) -> JSON {
    [
      "type": "res", "id": "", "ok": false,
      "error": ["code": code, "message": message, "details": details],
    ]
  }
}
