import SluiceHTTP
import SluicePorts
import SluiceSystem

/// Why the gateway gave no answer over its protocol.
enum ConversationFailure: Error, Sendable {
  /// No connection came about.
  case unreachable(String)
  /// Another account's process listens there: nothing was sent.
  case stranger(String)
  /// The upgrade to a WebSocket was answered with this status.
  case notUpgraded(Int)
  /// The connection ended in the middle.
  case lost(code: UInt16, reason: String)
  case slow(Duration)
  case refused(Refusal)
  case missing(GatewayMethod, version: String)
  case unintelligible(String)
  /// A suspension that this value did not ask for.
  case heldByAnother
  case cancelled
}

/// One open connection of the gateway's protocol, past its handshake: one of its own, with one call
/// at a time, or a turn on the one that is kept.
struct Conversation: Sendable {
  /// No answer that Sluice asks for comes near it: `skills.status` has 52 kB.
  private static let messageLimit = 8 << 20

  private enum Channel: Sendable {
    case own(WebSocketClient)
    case kept(KeptConnection)
  }

  private let channel: Channel
  private let time: any Time
  private let deadline: Duration
  let hello: Frames.Hello

  /// Challenge, connect, hello: the deadline is for all three.
  ///
  /// - Parameter isKept: a frame beyond the limit is dropped; else it ends the connection.
  static func open(
    _ address: String, token: GatewayToken, methods: [GatewayMethod], time: any Time,
    deadline: Duration, isKept: Bool = false
  ) async throws(ConversationFailure) -> Conversation {
    let socket: WebSocketClient
    do throws(WebSocketError) {
      socket = try await WebSocketClient.connect(
        "ws://\(address)/", deadline: deadline, messageLimit: Self.messageLimit,
        dropsOversized: isKept)
    } catch {
      throw Self.failure(error, deadline)
    }
    let request = Frames.Connect(
      scopes: Set(methods.map(\.scope)).sorted(), auth: .init(token: token.secret))
    let hello = try await Self.bounded(time, deadline) { () throws(ConversationFailure) in
      let challenge = try await Self.frame(from: socket)
      guard challenge.envelope.event == "connect.challenge" else {
        throw .unintelligible("it does not begin as OpenClaw's protocol does")
      }
      return try await Self.exchange(
        "connect", request, as: Frames.Hello.self, over: socket)
    }
    return Conversation(.own(socket), time: time, deadline: deadline, hello: hello)
  }

  /// A turn on the kept connection; nil while the connection is down.
  static func on(
    _ line: KeptConnection, time: any Time, deadline: Duration
  ) -> Conversation? {
    line.hello.map { Conversation(.kept(line), time: time, deadline: deadline, hello: $0) }
  }

  private init(
    _ channel: Channel, time: any Time, deadline: Duration, hello: Frames.Hello
  ) {
    self.channel = channel
    self.time = time
    self.deadline = deadline
    self.hello = hello
  }

  /// Nil for a turn on the kept connection.
  var socket: WebSocketClient? { if case .own(let socket) = channel { socket } else { nil } }

  func call<Value: Decodable & Sendable>(
    _ method: GatewayMethod, _ parameters: some Encodable & Sendable = Frames.Nothing(),
    as type: Value.Type
  ) async throws(ConversationFailure) -> Value {
    try hello.offer.require(method)
    let channel = channel
    return try await Self.bounded(time, deadline) { () throws(ConversationFailure) in
      switch channel {
      case .own(let socket):
        return try await Self.exchange(method.rawValue, parameters, as: type, over: socket)
      case .kept(let line):
        return try await Self.exchange(method.rawValue, parameters, as: type, over: line)
      }
    }
  }

  /// The first event of that name that fits; all other frames are dropped.
  func event<Value: Decodable & Sendable>(
    _ name: String, as type: Value.Type, within limit: Duration,
    where fits: @escaping @Sendable (Value) -> Bool
  ) async throws(ConversationFailure) -> Value {
    guard let socket else { throw .unintelligible("the kept connection waits for no event") }
    return try await Self.bounded(time, limit) { () throws(ConversationFailure) in
      while true {
        let frame = try await Self.frame(from: socket)
        guard frame.envelope.event == name,
          let payload = JSONText.decode(Frames.Payload<Value>.self, frame.bytes)?.payload
        else { continue }
        if fits(payload) { return payload }
      }
    }
  }

  func close() async { await socket?.close() }

  // MARK: Frames

  private struct Frame: Sendable {
    let envelope: Frames.Envelope
    let bytes: [UInt8]
  }

  private static func exchange<Value: Decodable & Sendable>(
    _ method: String, _ parameters: some Encodable & Sendable, as type: Value.Type,
    over socket: WebSocketClient
  ) async throws(ConversationFailure) -> Value {
    let (id, text) = try request(method, parameters)
    do throws(WebSocketError) { try await socket.send(text: text) } catch {
      // The last frame often holds the reason of the close, above all the refusal of the handshake.
      if error.kind == .cancelled { throw .cancelled }
    }
    while true {
      let frame = try await frame(from: socket)
      guard frame.envelope.type == "res", frame.envelope.id == id else { continue }
      return try payload(method, frame.envelope, frame.bytes, as: type)
    }
  }

  private static func exchange<Value: Decodable & Sendable>(
    _ method: String, _ parameters: some Encodable & Sendable, as type: Value.Type,
    over line: KeptConnection
  ) async throws(ConversationFailure) -> Value {
    let (id, text) = try request(method, parameters)
    switch await line.ask(id, text) {
    case .answer(let envelope, let bytes): return try payload(method, envelope, bytes, as: type)
    case .failed(let failure): throw failure
    }
  }

  private static func request(
    _ method: String, _ parameters: some Encodable & Sendable
  ) throws(ConversationFailure) -> (id: String, text: String) {
    let id = Randomness.hexadecimal(bytes: 8)
    let request = Frames.Request(id: id, method: method, params: parameters)
    guard let text = JSONText.encode(request) else {
      throw .unintelligible("a parameter of \(method) cannot be written as JSON")
    }
    return (id, text)
  }

  private static func payload<Value: Decodable>(
    _ method: String, _ envelope: Frames.Envelope, _ bytes: [UInt8], as type: Value.Type
  ) throws(ConversationFailure) -> Value {
    if let refusal = envelope.error { throw .refused(refusal) }
    guard envelope.ok == true, let answer = JSONText.decode(Frames.Payload<Value>.self, bytes)
    else { throw .unintelligible("its answer to \(method) has another form than expected") }
    return answer.payload
  }

  private static func frame(
    from socket: WebSocketClient
  ) async throws(ConversationFailure) -> Frame {
    let message: WebSocketMessage
    do throws(WebSocketError) { message = try await socket.receive() } catch {
      throw error.kind == .cancelled ? .cancelled : .unreachable(error.message)
    }
    switch message {
    case .text(let text):
      let bytes = Array(text.utf8)
      guard let envelope = JSONText.decode(Frames.Envelope.self, bytes) else {
        throw .unintelligible("it sent a frame that is not of OpenClaw's protocol")
      }
      return Frame(envelope: envelope, bytes: bytes)
    case .binary:
      throw .unintelligible("it sent a binary frame, which OpenClaw's protocol does not have")
    case .closed(let code, let reason):
      throw .lost(code: code, reason: reason)
    }
  }

  // MARK: Deadlines

  private static func bounded<Value: Sendable>(
    _ time: any Time, _ deadline: Duration,
    _ work: @escaping @Sendable () async throws(ConversationFailure) -> Value
  ) async throws(ConversationFailure) -> Value {
    let outcome = await time.bounded(by: deadline) { () -> Result<Value, ConversationFailure> in
      do throws(ConversationFailure) {
        return .success(try await work())
      } catch {
        return .failure(error)
      }
    }
    guard let outcome else { throw Task.isCancelled ? .cancelled : .slow(deadline) }
    return try outcome.get()
  }

  private static func failure(
    _ error: WebSocketError, _ deadline: Duration
  ) -> ConversationFailure {
    switch error.kind {
    case .rejected: error.status.map { .notUpgraded($0) } ?? .unintelligible(error.message)
    case .timedOut: .slow(deadline)
    case .cancelled: .cancelled
    case .malformed: .unintelligible(error.message)
    case .refused, .resolve, .tls, .closed, .other: .unreachable(error.message)
    }
  }
}
