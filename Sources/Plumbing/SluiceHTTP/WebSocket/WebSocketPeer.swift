import SluiceSystem
import Synchronization

/// The server's end of a WebSocket. Callbacks come from one serial queue per socket, so one
/// after the other; they must not block. Set them in `accept`: messages that come earlier are lost.
public final class WebSocketPeer: Sendable {
  private struct Handlers: Sendable {
    var text: (@Sendable (String) -> Void)?
    var binary: (@Sendable ([UInt8]) -> Void)?
    var close: (@Sendable (_ code: UInt16, _ reason: String) -> Void)?
    var isClosed = false
  }

  private let channel: WebSocketChannel
  private let handlers = Mutex(Handlers())

  private init(_ channel: WebSocketChannel) {
    self.channel = channel
  }

  /// A text message, whole, its UTF-8 checked.
  public func onText(_ handler: @escaping @Sendable (String) -> Void) {
    handlers.withLock { $0.text = handler }
  }

  public func onBinary(_ handler: @escaping @Sendable ([UInt8]) -> Void) {
    handlers.withLock { $0.binary = handler }
  }

  /// Called once: with the client's code and reason, with the ones that this side failed the
  /// connection with, 1005 when the client gave none, or 1006 when the connection was lost.
  public func onClose(_ handler: @escaping @Sendable (_ code: UInt16, _ reason: String) -> Void) {
    handlers.withLock { $0.close = handler }
  }

  public var isOpen: Bool { handlers.withLock { !$0.isClosed } }

  /// After the socket has closed this does nothing. A client that reads too slowly is cut off
  /// (1008) when 64 MiB wait for it.
  public func send(text: String) { channel.send(.text, Array(text.utf8)) }

  public func send(binary: [UInt8]) { channel.send(.binary, binary) }

  public func ping(_ payload: [UInt8] = []) {
    channel.send(.ping, Array(payload.prefix(WebSocketFrame.controlPayloadLimit)))
  }

  /// Begins the closing handshake; `onClose` follows within five seconds.
  ///
  /// The reason is cut to 123 bytes; a code that may not be sent (7.4) becomes 1000.
  public func close(code: UInt16, reason: String) {
    channel.close(code: WebSocketFrame.isSendable(code) ? code : 1000, reason: reason)
  }

  /// Drops the connection without a close frame, as a crash would.
  public func abandon() { channel.abandon() }

  /// Takes over an upgraded connection; `socket` stays libmicrohttpd's, which closes it.
  static func begin(_ socket: Int32, early: [UInt8], plan: WebSocketUpgrade, core: ServerCore) {
    let descriptor = fcntl(socket, F_DUPFD_CLOEXEC, 0)
    // Without a descriptor the client sees its connection end.
    guard descriptor >= 0 else { return }
    let channel = WebSocketChannel(
      DescriptorTransport(descriptor), role: .server, limits: .init(message: plan.messageLimit))
    let peer = WebSocketPeer(channel)
    channel.onMessage = { message in
      peer.deliver(message)
      return true
    }
    channel.onClosed = { code, reason in peer.closed(code, reason) }
    channel.onReleased = { core.remove(peer) }
    let isAdmitted = core.add(peer)
    channel.start(early: early) { plan.accept(peer) }
    if !isAdmitted { peer.close(code: 1001, reason: "the server is stopping") }
  }

  private func deliver(_ message: WebSocketMessage) {
    switch message {
    case .text(let text): handlers.withLock { $0.text }?(text)
    case .binary(let bytes): handlers.withLock { $0.binary }?(bytes)
    case .closed: break
    }
  }

  /// Lets go of the callbacks: they often hold the peer.
  private func closed(_ code: UInt16, _ reason: String) {
    let last = handlers.withLock { handlers in
      let last = handlers
      handlers = Handlers(isClosed: true)
      return last
    }
    last.close?(code, reason)
  }
}
