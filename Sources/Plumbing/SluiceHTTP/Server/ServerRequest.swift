import CMicroHTTPD
import Synchronization

/// One request on the server's side, from its first line to the end of its answer.
///
/// `@unchecked Sendable`: `stage` and what follows it belong to the connection's libmicrohttpd
/// thread; what other threads touch is in `state`, guarded by its mutex. libmicrohttpd holds one
/// reference until `onCompleted`. Lock order: `state`, then the core's registry, then
/// libmicrohttpd's own.
final class ServerRequest: @unchecked Sendable {
  enum Answer: Sendable {
    case response(HTTPResponse)
    case upgrade(WebSocketUpgrade)
  }

  private struct Connection: @unchecked Sendable { let raw: OpaquePointer }

  private enum State: Sendable {
    case receiving
    /// The handler was called; the connection's thread has not looked for an answer yet.
    case handling(descriptor: Int32)
    case suspended(Connection, descriptor: Int32)
    case answered(Answer)
    /// The answer was handed to libmicrohttpd.
    case finished
    /// The answer is sent, or the connection is gone.
    case completed
  }

  private enum Stage { case head, body, dispatched }

  /// A body is read to its end so that its sender can read the 413; but not for ever.
  private static let drainFactor = 8
  private static let targetLimit = 8 << 10

  let core: ServerCore
  private let rawTarget: String
  /// Its connection's number at the desk.
  private let connectionNumber: UInt
  private let state = Mutex(State.receiving)
  private var stage = Stage.head
  private var body: [UInt8] = []
  private var receivedBytes = 0
  private var upgrade: WebSocketUpgrade?
  private var isUpgraded = false

  init(core: ServerCore, target: String, connection: UInt) {
    self.core = core
    connectionNumber = connection
    self.rawTarget = target
  }

  // MARK: The connection's thread

  /// libmicrohttpd calls once for the head, for every piece of body, at its end, and after resume.
  func proceed(
    _ connection: OpaquePointer, method: UnsafePointer<CChar>, _ chunk: UnsafeRawBufferPointer
  ) -> MHD_Result {
    switch stage {
    case .head:
      stage = .body
      return checkHead(connection)
    case .body where !chunk.isEmpty:
      return receive(chunk)
    case .body:
      stage = .dispatched
      core.desk.works(connectionNumber)
      dispatch(connection, String(cString: method))
      return settle(connection)
    case .dispatched:
      return settle(connection)
    }
  }

  private func checkHead(_ connection: OpaquePointer) -> MHD_Result {
    if rawTarget.utf8.count > Self.targetLimit {
      return queue(.text("The URL is too long.\n", status: 414), connection)
    }
    let length = MHD_lookup_connection_value(connection, .HEADER_KIND, "Content-Length")
    if let length, let bytes = Int(String(cString: length)), bytes > core.options.maximumBodyBytes {
      return queue(tooLarge, connection)
    }
    return .YES
  }

  private func receive(_ chunk: UnsafeRawBufferPointer) -> MHD_Result {
    receivedBytes += chunk.count
    if receivedBytes <= core.options.maximumBodyBytes {
      body.append(contentsOf: chunk)
    } else {
      body = []
    }
    return receivedBytes <= core.options.maximumBodyBytes * Self.drainFactor + (1 << 20)
      ? .YES : .NO
  }

  private var tooLarge: HTTPResponse {
    .text("The body has more than \(core.options.maximumBodyBytes) bytes.\n", status: 413)
  }

  private func dispatch(_ connection: OpaquePointer, _ method: String) {
    state.withLock { $0 = .handling(descriptor: sluice_mhd_descriptor(connection)) }
    guard receivedBytes <= core.options.maximumBodyBytes else {
      return answer(.response(tooLarge))
    }
    guard let target = HTTPTarget(rawTarget) else {
      return answer(.response(.text("The URL has a broken escape.\n", status: 400)))
    }
    let headers = requestHeaders(of: connection)
    let request = HTTPRequest(
      method == "HEAD" ? "GET" : method, target: target, rawTarget: rawTarget, headers: headers,
      body: body, remoteAddress: sluice_mhd_client_address(connection).flatMap(addressText))
    body = []
    core.handler(request, HTTPResponder(self, method: method, headers: headers))
  }

  /// Queues the answer when it is there; else suspends until `answer` resumes.
  private func settle(_ connection: OpaquePointer) -> MHD_Result {
    let ready: Answer? = state.withLock { state in
      switch state {
      case .answered(let answer):
        state = .finished
        return answer
      case .handling(let descriptor), .suspended(_, let descriptor):
        let isSuspended = core.suspend(self) { MHD_suspend_connection(connection) }
        if isSuspended {
          state = .suspended(Connection(raw: connection), descriptor: descriptor)
          return nil
        }
        state = .finished
        return .response(.text("The server is stopping.\n", status: 503))
      case .receiving, .finished, .completed:
        return nil
      }
    }
    switch ready {
    case .response(let response): return queue(response, connection)
    case .upgrade(let plan): return queue(plan, connection)
    case nil: return .YES
    }
  }

  private func queue(_ response: HTTPResponse, _ connection: OpaquePointer) -> MHD_Result {
    guard let raw = makeResponse(response) else {
      return queue(.text("The answer's headers are not valid HTTP.\n", status: 500), connection)
    }
    defer { MHD_destroy_response(raw) }
    core.desk.waits(connectionNumber)
    return MHD_queue_response(connection, UInt32(response.status), raw)
  }

  private func queue(_ plan: WebSocketUpgrade, _ connection: OpaquePointer) -> MHD_Result {
    guard let raw = MHD_create_response_for_upgrade(onUpgrade, nil) else { return .NO }
    defer { MHD_destroy_response(raw) }
    upgrade = plan
    isUpgraded = true
    MHD_add_response_header(raw, "Upgrade", "websocket")
    MHD_add_response_header(raw, "Sec-WebSocket-Accept", plan.acceptKey)
    for (name, value) in plan.headers.entries where isValidHeader(name: name, value: value) {
      MHD_add_response_header(raw, name, value)
    }
    return MHD_queue_response(connection, 101, raw)
  }

  /// libmicrohttpd has sent the 101.
  fileprivate func upgraded(_ socket: Int32, _ early: UnsafeRawBufferPointer) {
    guard let plan = upgrade else { return }
    upgrade = nil
    WebSocketPeer.begin(socket, early: Array(early), plan: plan, core: core)
  }

  /// The answer is out, or the connection is gone.
  func complete() {
    // An upgraded connection must not be ended here: its socket lives on in a duplicate.
    if !isUpgraded { core.desk.waits(connectionNumber) }
    upgrade = nil
    // The old state is let go outside the lock: a closure in it may hold a responder, whose end
    // calls `answer`.
    let last = state.withLock { state in
      let last = state
      state = .completed
      return last
    }
    _ = last
  }

  // MARK: Any thread

  func answer(_ answer: Answer) {
    state.withLock { state in
      switch state {
      case .receiving, .handling:
        state = .answered(answer)
      case .suspended(let connection, _):
        state = .answered(answer)
        // In this order: whom `beginStop` no longer finds has been resumed already.
        MHD_resume_connection(connection.raw)
        core.resumed(self)
      case .answered, .finished, .completed:
        break
      }
    }
  }

  var isCompleted: Bool {
    state.withLock { if case .completed = $0 { true } else { false } }
  }

  var isClientGone: Bool {
    state.withLock { state in
      switch state {
      case .receiving: false
      case .handling(let descriptor), .suspended(_, let descriptor): hasEnded(descriptor)
      case .answered, .finished, .completed: true
      }
    }
  }
}

private func makeResponse(_ response: HTTPResponse) -> OpaquePointer? {
  let raw = response.body.withUnsafeBytes { bytes in
    MHD_create_response_from_buffer(
      bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
  }
  guard let raw else { return nil }
  sluice_mhd_send_keep_alive(raw)
  for (name, value) in response.headers.entries
  where !asciiEqual(name, "Content-Length") && !asciiEqual(name, "Transfer-Encoding") {
    guard isValidHeader(name: name, value: value),
      MHD_add_response_header(raw, name, value) == .YES
    else {
      MHD_destroy_response(raw)
      return nil
    }
  }
  return raw
}

private func requestHeaders(of connection: OpaquePointer) -> HTTPHeaders {
  var headers = HTTPHeaders()
  withUnsafeMutablePointer(to: &headers) { pointer in
    _ = MHD_get_connection_values_n(connection, .HEADER_KIND, onHeader, pointer)
  }
  return headers
}

private let onHeader: MHD_KeyValueIteratorN = { context, _, name, nameCount, value, valueCount in
  guard let headers = context?.assumingMemoryBound(to: HTTPHeaders.self), let name else {
    return .NO
  }
  func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }
  headers.pointee.add(text(name, nameCount), text(value, value == nil ? 0 : valueCount))
  return .YES
}

private let onUpgrade: MHD_UpgradeHandler = { _, _, slot, early, count, socket, handle in
  if let slot {
    let request = Unmanaged<ServerRequest>.fromOpaque(slot).takeUnretainedValue()
    request.upgraded(socket, UnsafeRawBufferPointer(start: early, count: early == nil ? 0 : count))
  }
  // The peer works on a duplicate: libmicrohttpd can forget the connection now, so that sockets
  // neither count as connections nor stand in the way of a stop.
  if let handle { sluice_mhd_upgrade_close(handle) }
}
