import Foundation
import SluiceHTTP
import SluiceSystem
import SluiceTestSupport
import Testing

@testable import OpenClawStandIn

/// A recording of the real 2026.9.6.
func recording(_ name: String, of version: String = "2026.9.6") throws -> JSON {
  let url = try #require(
    Bundle.module.url(forResource: "Fixtures/\(version)/\(name)", withExtension: "json"))
  let bytes = try Data(contentsOf: url)
  return try #require(JSON.parse(Array(bytes)))
}

/// Where two values differ in their keys or kinds; null stands for anything, of a list the first
/// element counts.
func shapeDifferences(_ recorded: JSON, _ ours: JSON, at path: String = "") -> [String] {
  switch (recorded, ours) {
  case (.null, _), (_, .null), (.integer, .double), (.double, .integer): return []
  case (.object(let members), .object):
    let expected = Set(members.map(\.key))
    let found = Set(ours.keys ?? [])
    return expected.subtracting(found).map { "\(path).\($0) is missing" }
      + found.subtracting(expected).map { "\(path).\($0) is not recorded" }
      + members.flatMap { member in
        ours[member.key].map { shapeDifferences(member.value, $0, at: "\(path).\(member.key)") }
          ?? []
      }
  case (.array(let left), .array(let right)):
    guard let first = left.first, let other = right.first else { return [] }
    return shapeDifferences(first, other, at: "\(path)[0]")
  default: return recorded.kind == ours.kind ? [] : ["\(path): \(recorded.kind), \(ours.kind)"]
  }
}

/// Looks again and again; the bound is against hanging only.
func waitUntil(_ condition: () async throws -> Bool) async throws {
  for _ in 0..<2000 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(10))
  }
  Issue.record("the condition did not hold within 20 s")
}

/// One stand-in host: releases, a link, a configuration, and the gateway in this process.
final class StandInHost: Sendable {
  static let token = "a-token-of-the-test"

  let directory: TemporaryDirectory
  let port: UInt16
  let client = HTTPClient()

  init() throws {
    directory = try TemporaryDirectory()
    port = try #require(try PortFinder.freeLoopbackPorts(1).first)
    try release("1.4.1")
    try release("1.4.2")
    try swing(to: "1.4.1")
  }

  deinit { client.shutdown() }

  var state: String { "\(directory.path)/state" }
  var skills: String { "\(directory.path)/skills" }

  func release(_ version: String, quality: String? = nil) throws {
    try skill("greeter", "name: greeter\ndescription: Greets, release \(version).", in: version)
    let marker =
      "name: sluice-release\ndescription: release \(version)\nuser-invocable: false\n"
      + "disable-model-invocation: true"
    try skill("sluice-release", marker, in: version)
    try Files.replace(
      "\(skills)/\(version)/quality.json",
      with: Array((quality ?? #"{"latencyMs":{"p50":5,"sigma":0}}"#).utf8), durable: false)
  }

  func skill(_ name: String, _ frontMatter: String, in version: String) throws {
    try Files.makeDirectory("\(skills)/\(version)/\(name)")
    try Files.replace(
      "\(skills)/\(version)/\(name)/SKILL.md",
      with: Array("---\n\(frontMatter)\n---\nText.\n".utf8), durable: false)
  }

  /// The stand-in's sessions last an hour, or until the test ends them.
  func endless(_ version: String) throws {
    try release(version, quality: #"{"latencyMs":{"p50":3600000,"sigma":0}}"#)
  }

  func swing(to version: String) throws {
    try Files.swingLink("\(skills)/current", to: "\(skills)/\(version)", token: "test")
  }

  func configuration(
    _ change: (inout Configuration) -> Void = { _ in }
  ) -> Configuration {
    var settings = Configuration.StandIn()
    settings.startMs = 60
    settings.restartInPlaceMs = 60
    settings.firstSessionExtraMs = 0
    settings.seed = 1
    // Only a restart shows a flip: what a process has loaded and what the disk says differ.
    settings.links = .cold
    var configuration = Configuration(
      path: "\(state)/openclaw.json", stateDirectory: state, port: port, bind: .loopback,
      token: Self.token, trustedProxies: [], extraDirectories: ["\(skills)/current"],
      standIn: settings)
    change(&configuration)
    return configuration
  }

  /// A gateway that is ready; it is stopped when the body has ended.
  func withGateway(
    _ change: (inout Configuration) -> Void = { _ in }, _ body: (Gateway) async throws -> Void
  ) async throws {
    let gateway = try Gateway(configuration(change))
    do {
      try await untilReady()
      try await body(gateway)
    } catch {
      gateway.stop()
      _ = await gateway.waitUntilEnded()
      throw error
    }
    gateway.stop()
    _ = await gateway.waitUntilEnded()
  }

  func untilReady() async throws {
    try await waitUntil { (try? await get("/readyz"))?.status == 200 }
  }

  func get(
    _ path: String, headers: HTTPHeaders = [:], method: String = "GET"
  ) async throws -> HTTPResponse {
    try await client.send(HTTPRequest(method, "http://127.0.0.1:\(port)\(path)", headers: headers))
  }

  func chat(
    _ key: String?, token: String = StandInHost.token, forwardedFor: String? = nil
  ) async throws -> HTTPResponse {
    var headers: HTTPHeaders = ["Authorization": "Bearer \(token)"]
    headers["x-openclaw-session-key"] = key
    headers["X-Forwarded-For"] = forwardedFor
    let body = #"{"model":"openclaw","messages":[{"role":"user","content":"hi"}]}"#
    return try await client.send(
      HTTPRequest(
        "POST", "http://127.0.0.1:\(port)/v1/chat/completions", headers: headers,
        body: Array(body.utf8), deadline: .seconds(30)))
  }

  /// The assistant's words.
  func says(_ key: String?) async throws -> String {
    let choice = try await chat(key).json["choices"]?.items?.first
    return try #require(choice?.at("message.content")?.text)
  }

  func starts() throws -> [String] {
    try Files.readText("\(state)/starts.log").split(separator: "\n").map(String.init)
  }
}

extension Gateway {
  /// Something on the gateway's loop, and its result.
  func onLoop<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      loop.async { continuation.resume(returning: body()) }
    }
  }

  /// Ends every session that runs, whatever its latency.
  func endSessions() async {
    await onLoop { for id in self.lane.running.keys { self.finish(id) } }
  }

  func untilSessionsRun(_ count: Int) async throws {
    try await waitUntil { await onLoop { self.lane.running.count == count } }
  }
}

extension HTTPResponse {
  var json: JSON { JSON.parse(body) ?? .null }
}

/// A client of the gateway's protocol. One test uses it, one call after the other.
actor ProtocolClient {
  private let socket: WebSocketClient
  private(set) var events: [JSON] = []
  private(set) var challenge: JSON = .null
  private(set) var closed: JSON?
  private var calls = 0

  static let everything = ["operator.read", "operator.write", "operator.admin"]

  init(_ host: StandInHost) async throws {
    socket = try await WebSocketClient.connect("ws://127.0.0.1:\(host.port)/")
    challenge = try await frame() ?? .null
  }

  /// Connected, with the answer to `connect`.
  static func connected(
    _ host: StandInHost, scopes: [String] = everything
  ) async throws -> (ProtocolClient, JSON) {
    let client = try await ProtocolClient(host)
    return (client, try await client.call("connect", parameters(scopes: scopes)))
  }

  static func parameters(
    scopes: [String] = everything, token: String = StandInHost.token,
    client: String = "gateway-client",
    protocols: ClosedRange<Int64> = 4...4
  ) -> JSON {
    [
      "minProtocol": .integer(protocols.lowerBound), "maxProtocol": .integer(protocols.upperBound),
      "client": [
        "id": .string(client), "version": "1.0.0", "platform": "linux", "mode": "backend",
      ], "role": "operator", "scopes": .strings(scopes), "caps": [],
      "auth": ["token": .string(token)],
    ]
  }

  /// The whole response frame; events that come before it are kept.
  func call(_ method: String, _ parameters: JSON = [:]) async throws -> JSON {
    calls += 1
    let id = "call-\(calls)"
    let request: JSON = [
      "type": "req", "id": .string(id), "method": .string(method), "params": parameters,
    ]
    try await socket.send(text: request.compact)
    while let frame = try await frame() {
      if frame["id"]?.text == id { return frame }
      events.append(frame)
    }
    throw WebSocketError(.closed, "closed before the answer", url: "")
  }

  /// Everything until an event fits, or the end.
  func collect(until isLast: (JSON) -> Bool) async throws {
    while let frame = try await frame() {
      events.append(frame)
      if isLast(frame) { return }
    }
  }

  func untilClosed() async throws { try await collect { _ in false } }

  private func frame() async throws -> JSON? {
    switch try await socket.receive() {
    case .text(let text): return JSON.parse(Array(text.utf8))
    case .binary: return nil
    case .closed(let code, let reason):
      closed = ["closed": .integer(Int64(code)), "reason": .string(reason)]
      return nil
    }
  }

  func event(named name: String) -> [JSON] { events.filter { $0["event"]?.text == name } }

  func close() async { await socket.close() }
}
