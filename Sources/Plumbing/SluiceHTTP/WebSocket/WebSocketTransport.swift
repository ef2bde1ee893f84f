import SluiceSystem
import CCurl

enum TransportResult {
  case count(Int)
  case wouldBlock
  /// The end of the stream, or an error: nothing more will come or go.
  case ended
}

/// A non-blocking byte stream under a WebSocket; used on one queue or thread at a time.
protocol WebSocketTransport: Sendable {
  var descriptor: Int32 { get }
  func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportResult
  func send(_ bytes: UnsafeRawBufferPointer) -> TransportResult
  /// Signals the other side the end of the data.
  func finishSending()
  /// Once, when nothing watches the descriptor any more.
  func close()
}

/// A connected socket of our own.
struct DescriptorTransport: WebSocketTransport {
  let descriptor: Int32

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    makeNonBlocking(descriptor)
    setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY)
    setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE)
    CLibrary.quietSocket(descriptor)
  }

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportResult {
    result(recv(descriptor, buffer.baseAddress, buffer.count, 0), isEndAtZero: true)
  }

  func send(_ bytes: UnsafeRawBufferPointer) -> TransportResult {
    result(platformSend(descriptor, bytes), isEndAtZero: false)
  }

  private func result(_ count: Int, isEndAtZero: Bool) -> TransportResult {
    if count > 0 || (count == 0 && !isEndAtZero) { return .count(count) }
    if count < 0, errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR { return .wouldBlock }
    return .ended
  }

  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  func close() {
    platformClose(descriptor)
  }
}

// The C functions whose names methods have taken.
private func platformSend(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
  send(descriptor, bytes.baseAddress, bytes.count, CLibrary.sendFlags)
}
private func platformClose(_ descriptor: Int32) { _ = close(descriptor) }

/// A connection that libcurl made, with TLS where the URL asks for it.
///
/// `@unchecked Sendable`: the handle is used by the dialling thread, and after it by the channel's
/// serial queue, never by both.
final class CurlTransport: WebSocketTransport, @unchecked Sendable {
  let descriptor: Int32
  private let easy: UnsafeMutableRawPointer

  init(_ easy: UnsafeMutableRawPointer, descriptor: Int32) {
    self.easy = easy
    self.descriptor = descriptor
    setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE)
  }

  func receive(into buffer: UnsafeMutableRawBufferPointer) -> TransportResult {
    var count = 0
    let code = curl_easy_recv(easy, buffer.baseAddress, buffer.count, &count)
    return code == CURLE_OK && count == 0 ? .ended : result(code, count)
  }

  func send(_ bytes: UnsafeRawBufferPointer) -> TransportResult {
    var count = 0
    let code = curl_easy_send(easy, bytes.baseAddress, bytes.count, &count)
    return result(code, count)
  }

  private func result(_ code: CURLcode, _ count: Int) -> TransportResult {
    switch code {
    case CURLE_OK: .count(count)
    case CURLE_AGAIN: .wouldBlock
    default: .ended
    }
  }

  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  func close() { curl_easy_cleanup(easy) }
}
