import SluiceCore
import SluiceHTTP
import SluiceSystem

/// The answers that a stranger got.
public struct StrangerCount: Sendable, Hashable {
  public internal(set) var sent = 0
  /// By status; 0: none came.
  public internal(set) var statuses: [Int: Int] = [:]
  /// Of those that reached a gateway.
  public internal(set) var canary = 0
  public internal(set) var reached = 0
  public internal(set) var milliseconds: Int64 = 0

  public init() {}

  mutating func take(_ status: Int, arm: Arm?) {
    sent += 1
    statuses[status, default: 0] += 1
    guard let arm else { return }
    reached += 1
    if arm == .canary { canary += 1 }
  }

  mutating func add(_ other: StrangerCount) {
    sent += other.sent
    statuses.merge(other.statuses) { $0 + $1 }
    canary += other.canary
    reached += other.reached
  }
}

/// Sends what a stranger sends: no token, another key each time.
struct StrangerClient: Sendable {
  let stranger: Stranger
  let target: String

  private static let pause: Duration = .seconds(4)
  private static let patience: Duration = .seconds(30)

  func run() async -> StrangerCount {
    let client = HTTPClient()
    defer { client.shutdown() }
    let began = SystemClock.monotonicMilliseconds()
    var count = await withTaskGroup(of: StrangerCount.self) { group in
      for lane in 0..<stranger.lanes {
        group.addTask {
          var count = StrangerCount()
          for number in stride(from: lane, to: stranger.requests, by: stranger.lanes)
          where !Task.isCancelled {
            let (status, arm) =
              stranger == .veto ? await drip(number) : await ask(client, number)
            count.take(status, arm: arm)
          }
          return count
        }
      }
      return await group.reduce(into: StrangerCount()) { $0.add($1) }
    }
    count.milliseconds = SystemClock.monotonicMilliseconds() - began
    return count
  }

  /// Uses new keys in each round.
  private func key(_ number: Int) -> String { "agent:\(stranger.rawValue):\(number)" }

  private func ask(_ client: HTTPClient, _ number: Int) async -> (Int, Arm?) {
    let request = HTTPRequest(
      "POST", "http://\(target)/v1/chat/completions",
      headers: [
        "Content-Type": "application/json", "X-Forwarded-For": Stranger.address,
        "x-openclaw-session-key": key(number),
      ], body: Array("{}".utf8), deadline: Self.patience)
    guard let response = try? await client.send(request) else { return (0, nil) }
    return (response.status, response.headers["X-Sluice-Arm"].flatMap(Arm.init))
  }

  /// A page, or work without a token, in turn; half of the head, and the rest four seconds later.
  private func drip(_ number: Int) async -> (Int, Arm?) {
    guard let address = SocketAddress(target),
      let connection = try? await StreamConnection.connect(address, deadline: Self.patience)
    else { return (0, nil) }
    defer { connection.close() }
    let line =
      number.isMultiple(of: 2) ? "GET / HTTP/1.1" : "POST /v1/chat/completions HTTP/1.1"
    let half =
      "\(line)\r\nHost: fleet\r\nX-Forwarded-For: \(Stranger.address)\r\n"
      + "x-openclaw-session-key: \(key(number))\r\n"
    guard (try? await connection.write(text: half)) != nil,
      (try? await SystemClock.sleep(for: Self.pause)) != nil,
      (try? await connection.write(text: "Content-Length: 0\r\nConnection: close\r\n\r\n")) != nil,
      let bytes = try? await connection.readAll(deadline: Self.patience)
    else { return (0, nil) }
    let text = String(decoding: bytes, as: UTF8.self)
    let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    let header = text.lowercased().firstRange(of: "x-sluice-arm: ").map {
      text.lowercased()[$0.upperBound...].prefix { $0.isLetter }
    }
    return (status, header.flatMap { Arm(rawValue: String($0)) })
  }
}
