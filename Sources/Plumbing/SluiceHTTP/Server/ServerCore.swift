import Synchronization

/// State that a server's requests share: the handler, the limits, and the requests to end at a stop.
final class ServerCore: Sendable {
  private struct Registry: Sendable {
    var isStopping = false
    var suspended: [ObjectIdentifier: ServerRequest] = [:]
    var sockets: [ObjectIdentifier: WebSocketPeer] = [:]
  }

  let options: HTTPServer.Options
  let handler: @Sendable (HTTPRequest, HTTPResponder) -> Void
  let desk: ConnectionDesk
  private let registry = Mutex(Registry())

  init(
    options: HTTPServer.Options, handler: @escaping @Sendable (HTTPRequest, HTTPResponder) -> Void
  ) {
    self.options = options
    desk = ConnectionDesk(limits: options.limits)
    self.handler = handler
  }

  /// Runs `suspend` unless the server stops: libmicrohttpd aborts the process when it is stopped
  /// with a suspended connection, so none may begin after `beginStop`.
  func suspend(_ request: ServerRequest, _ suspend: () -> Void) -> Bool {
    registry.withLock { registry in
      guard !registry.isStopping else { return false }
      registry.suspended[ObjectIdentifier(request)] = request
      suspend()
      return true
    }
  }

  func resumed(_ request: ServerRequest) {
    registry.withLock { registry in
      _ = registry.suspended.removeValue(forKey: ObjectIdentifier(request))
    }
  }

  /// False when there are too many, or the server stops.
  func add(_ peer: WebSocketPeer) -> Bool {
    registry.withLock { registry in
      guard !registry.isStopping else { return false }
      registry.sockets[ObjectIdentifier(peer)] = peer
      return true
    }
  }

  func remove(_ peer: WebSocketPeer) {
    registry.withLock { registry in _ = registry.sockets.removeValue(forKey: ObjectIdentifier(peer))
    }
  }

  var hasWebSockets: Bool { registry.withLock { !$0.sockets.isEmpty } }

  var hasRoomForWebSocket: Bool {
    registry.withLock { !$0.isStopping && $0.sockets.count < options.webSocketLimit }
  }

  /// Returns the requests that were still waiting; their 503 is on its way.
  func beginStop() -> [ServerRequest] {
    let (suspended, sockets) = registry.withLock { registry in
      registry.isStopping = true
      return (Array(registry.suspended.values), Array(registry.sockets.values))
    }
    for request in suspended {
      request.answer(.response(.text("The server is stopping.\n", status: 503)))
    }
    for socket in sockets { socket.close(code: 1001, reason: "the server is stopping") }
    return suspended
  }
}
