/// The client's end of a WebSocket, `ws` or `wss`. The client answers pings by itself.
///
/// One caller receives at a time. Messages are buffered up to a bound; beyond it reading stops,
/// pings included, until the caller catches up. Releasing the client drops the socket.
public final class WebSocketClient: Sendable {
  public let url: String
  /// The headers of the server's 101, cookies among them.
  public let headers: HTTPHeaders
  private let channel: WebSocketChannel
  private let inbox: WebSocketInbox

  private init(
    _ url: String, _ headers: HTTPHeaders, _ channel: WebSocketChannel, _ inbox: WebSocketInbox
  ) {
    self.url = url
    self.headers = headers
    self.channel = channel
    self.inbox = inbox
  }

  deinit { channel.abandon() }

  /// Connects and shakes hands; `deadline` is for all of it, `messageLimit` in bytes, a longer
  /// message closes with 1009 or, with `dropsOversized`, is read past. No proxy is used; `wss` is verified.
  public static func connect(
    _ url: String, headers: HTTPHeaders = [:], deadline: Duration = .seconds(5),
    messageLimit: Int = 26_214_400, dropsOversized: Bool = false, unixSocket: String? = nil,
    tls: HTTPClientTLS? = nil
  ) async throws(WebSocketError) -> WebSocketClient {
    let dialer = try WebSocketDialer(
      url, headers: headers, deadline: deadline, unixSocket: unixSocket, tls: tls)
    let opened = try await dialer.dial().get()
    let inbox = WebSocketInbox(byteLimit: messageLimit)
    let channel = WebSocketChannel(
      opened.transport, role: .client,
      limits: .init(message: messageLimit, dropsLonger: dropsOversized))
    channel.onMessage = { message in inbox.deliver(message) }
    channel.onClosed = { code, reason in inbox.close(.closed(code: code, reason: reason)) }
    channel.start(early: opened.early)
    return WebSocketClient(url, opened.headers, channel, inbox)
  }

  /// Returns when the message was handed to the operating system.
  ///
  /// Cancelling the task ends the wait (`cancelled`); the message may still go out.
  public func send(text: String) async throws(WebSocketError) {
    try await send(.text, Array(text.utf8))
  }

  /// Returns at once; `done` says whether the message was handed to the operating system.
  public func send(text: String, done: @escaping @Sendable (_ isSent: Bool) -> Void) {
    channel.send(.text, Array(text.utf8), done: done)
  }

  public func send(binary: [UInt8]) async throws(WebSocketError) {
    try await send(.binary, binary)
  }

  private func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) async throws(WebSocketError) {
    let sent = Reply<SendOutcome>()
    channel.send(opcode, bytes) { sent.give($0 ? .sent : .closed) }
    switch await sent.wait(orWhenCancelled: .cancelled) {
    case .sent: return
    case .closed: throw WebSocketError(.closed, "the WebSocket is closed", url: url)
    case .cancelled: throw WebSocketError(.cancelled, "cancelled", url: url)
    }
  }

  private enum SendOutcome { case sent, closed, cancelled }

  /// The next message. Once the socket is closed it says so, again and again.
  ///
  /// Cancelling the task ends the wait (`cancelled`); the socket and its messages stay.
  public func receive() async throws(WebSocketError) -> WebSocketMessage {
    switch await inbox.take(resume: { channel.resumeReading() }) {
    case .message(let message): return message
    case .cancelled: throw WebSocketError(.cancelled, "cancelled", url: url)
    case .busy: throw WebSocketError(.other, "another call waits for the next message", url: url)
    }
  }

  /// Closes and waits for the other side's close frame, at most five seconds.
  public func close(code: UInt16 = 1000, reason: String = "") async {
    channel.close(code: WebSocketFrame.isSendable(code) ? code : 1000, reason: reason)
    await inbox.waitForClose()
  }
}
