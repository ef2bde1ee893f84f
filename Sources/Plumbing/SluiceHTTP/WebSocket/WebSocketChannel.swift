import Dispatch
import SluiceSystem

/// One open WebSocket: frames in and out of a transport, control frames, the closing handshake.
///
/// No thread of its own: a serial queue, and the descriptor watched. It keeps itself alive until the
/// transport is closed.
///
/// `@unchecked Sendable`: all that changes is touched on `queue` only; the callbacks are set before
/// `start`.
final class WebSocketChannel: @unchecked Sendable {
  struct Limits {
    var message: Int
    /// A longer message is dropped; else it ends the connection with 1009.
    var dropsLonger = false
    /// Bytes that wait to be sent; a peer that reads too slowly is cut off beyond it.
    var output = 64 << 20
  }

  private enum Phase {
    case open
    /// Our close frame is on its way, the other side's is awaited.
    case closing
    /// The outcome is known: queued frames go out, then our end; incoming frames are dropped.
    case lingering
    case released
  }

  private static let closeSeconds = 5
  private static let lingerSeconds = 2
  private static let readBytes = 64 << 10
  private static let readTurns = 16

  let queue: DispatchQueue
  /// Messages only; control frames are dealt with here. False: read nothing more until
  /// `resumeReading`.
  var onMessage: (@Sendable (WebSocketMessage) -> Bool)?
  /// Once, with the outcome.
  var onClosed: (@Sendable (_ code: UInt16, _ reason: String) -> Void)?
  /// Once, when the transport is closed.
  var onReleased: (@Sendable () -> Void)?

  private let transport: any WebSocketTransport
  private let role: WebSocketRole
  private let limits: Limits
  private var parser: WebSocketParser
  private var phase = Phase.open
  private var isReported = false
  private var hasFinishedSending = false

  private var reader: DescriptorPoller.Ticket?
  private var writer: DescriptorPoller.Ticket?
  private var isReaderSuspended = false
  private var itself: WebSocketChannel?

  private var output: [UInt8] = []
  private var outputStart = 0
  private var queuedBytes = 0
  private var sentBytes = 0
  /// Callers that wait until `sentBytes` reaches their mark.
  private var sends: [(mark: Int, done: @Sendable (Bool) -> Void)] = []

  init(_ transport: any WebSocketTransport, role: WebSocketRole, limits: Limits) {
    self.transport = transport
    self.role = role
    self.limits = limits
    self.parser = WebSocketParser(
      role: role, messageLimit: limits.message, dropsOversized: limits.dropsLonger)
    self.queue = DispatchQueue(label: "sluice.websocket")
  }

  // MARK: Any thread

  /// Begins to read; `early` came with the handshake. `first` runs on the queue before that.
  func start(early: [UInt8], first: @escaping @Sendable () -> Void = {}) {
    queue.async {
      self.itself = self
      first()
      self.parser.feed(early)
      self.takeEvents()
      self.watchReader()
    }
  }

  /// `done` says whether the frame was handed to the operating system.
  func send(
    _ opcode: WebSocketOpcode, _ payload: [UInt8], done: (@Sendable (Bool) -> Void)? = nil
  ) {
    queue.async {
      guard self.phase == .open else {
        done?(false)
        return
      }
      self.enqueue(opcode, payload, done)
    }
  }

  /// Begins the closing handshake; an answer that does not come in time is not waited for.
  func close(code: UInt16, reason: String) {
    queue.async {
      guard self.phase == .open else { return }
      self.phase = .closing
      self.releaseLater(Self.closeSeconds)
      self.resumeReader()
      self.enqueue(.close, WebSocketFrame.closePayload(code: code, reason: reason))
    }
  }

  /// Drops the connection without a word.
  func abandon() {
    queue.async {
      self.report(1006, "dropped by this side")
      self.release()
    }
  }

  func resumeReading() { queue.async { self.resumeReader() } }

  // MARK: The queue: reading

  private func watchReader() {
    guard reader == nil, !isReaderSuspended, phase != .released else { return }
    reader = DescriptorPoller.shared.watch(transport.descriptor, for: .reading) {
      self.queue.async {
        self.reader = nil
        self.readAvailable()
        self.watchReader()
      }
    }
  }

  private func resumeReader() {
    guard isReaderSuspended, phase != .released else { return }
    isReaderSuspended = false
    // TLS may hold bytes already of which the descriptor knows nothing.
    takeEvents()
    readAvailable()
    watchReader()
  }

  private func readAvailable() {
    var turns = 0
    while phase != .released, !isReaderSuspended {
      turns += 1
      // A peer that sends without a pause must not delay our own sends and close.
      if turns > Self.readTurns { return queue.async { self.readAvailable() } }
      let result = withUnsafeTemporaryAllocation(byteCount: Self.readBytes, alignment: 8) {
        buffer in
        let result = transport.receive(into: buffer)
        if case .count(let count) = result, phase != .lingering { parser.feed(buffer[..<count]) }
        return result
      }
      switch result {
      case .count: takeEvents()
      case .wouldBlock: return
      case .ended: return end()
      }
    }
  }

  private func end() {
    report(1006, "the connection was lost without a close frame")
    release()
  }

  private func takeEvents() {
    do {
      while phase == .open || phase == .closing, !isReaderSuspended, let event = try parser.next() {
        take(event)
      }
    } catch {
      if phase == .open {
        enqueue(.close, WebSocketFrame.closePayload(code: error.code, reason: error.reason))
      }
      report(error.code, error.reason)
      linger()
    }
  }

  private func take(_ event: WebSocketParser.Event) {
    switch event {
    case .text(let text):
      deliver(.text(text))
    case .binary(let bytes):
      deliver(.binary(bytes))
    case .ping(let payload):
      if phase == .open { enqueue(.pong, payload) }
    case .pong:
      break
    case .close(let code, let reason):
      if phase == .open {
        enqueue(.close, WebSocketFrame.closePayload(code: code == 1005 ? nil : code, reason: ""))
      }
      report(code, reason)
      linger()
    }
  }

  private func deliver(_ message: WebSocketMessage) {
    guard let onMessage, !onMessage(message), phase == .open, !isReaderSuspended else { return }
    isReaderSuspended = true
  }

  private func report(_ code: UInt16, _ reason: String) {
    guard !isReported else { return }
    isReported = true
    onClosed?(code, reason)
  }

  // MARK: The queue: writing

  private func enqueue(
    _ opcode: WebSocketOpcode, _ payload: [UInt8], _ done: (@Sendable (Bool) -> Void)? = nil
  ) {
    let mask = role == .client ? UInt32.random(in: .min ... .max) : nil
    let frame = WebSocketFrame.encode(opcode, payload, mask: mask)
    guard output.count - outputStart + frame.count <= limits.output else {
      done?(false)
      report(1008, "the other side reads too slowly: \(limits.output) bytes wait for it")
      return release()
    }
    output += frame
    queuedBytes += frame.count
    if let done { sends.append((queuedBytes, done)) }
    flush()
  }

  private func flush() {
    while outputStart < output.count, phase != .released {
      let result = output.withUnsafeBytes {
        transport.send(UnsafeRawBufferPointer(rebasing: $0[outputStart...]))
      }
      switch result {
      case .count(let count):
        outputStart += count
        sentBytes += count
      case .wouldBlock:
        return watchWriter()
      case .ended:
        return end()
      }
      completeSends()
    }
    guard phase != .released else { return }
    output.removeAll(keepingCapacity: output.capacity <= 1 << 16)
    outputStart = 0
    if phase == .lingering, !hasFinishedSending {
      hasFinishedSending = true
      transport.finishSending()
    }
  }

  private func completeSends() {
    while let first = sends.first, first.mark <= sentBytes {
      sends.removeFirst()
      first.done(true)
    }
  }

  private func watchWriter() {
    guard writer == nil else { return }
    writer = DescriptorPoller.shared.watch(transport.descriptor, for: .writing) {
      self.queue.async {
        self.writer = nil
        self.flush()
      }
    }
  }

  // MARK: The queue: the end

  /// The other side may still be sending: closing at once could destroy our close frame on its way.
  private func linger() {
    guard phase == .open || phase == .closing else { return }
    phase = .lingering
    resumeReader()
    releaseLater(Self.lingerSeconds)
    flush()
  }

  private func releaseLater(_ seconds: Int) {
    queue.asyncAfter(deadline: .now() + .seconds(seconds)) { [weak self] in
      guard let self, self.phase != .released else { return }
      self.end()
    }
  }

  private func release() {
    guard phase != .released else { return }
    phase = .released
    onMessage = nil
    onClosed = nil
    let unsent = sends
    sends = []
    unsent.forEach { $0.done(false) }
    output = []
    for watch in [reader, writer] { watch.map(DescriptorPoller.shared.cancel) }
    transport.close()
    onReleased?()
    onReleased = nil
    itself = nil
  }
}
