import SluiceCore
import SluiceHTTP
import SluicePorts
import Synchronization

/// The kept connection to the gateway, with read rights only. Queries go over it while it is open,
/// and the gateway's events arrive on it.
///
/// The connection survives every incoming frame: a frame beyond the limit, an unknown frame, and a
/// query without an answer. Messages of people are dropped unread.
final class KeptConnection: Sendable {
  private struct Open: Sendable {
    let socket: WebSocketClient
    let hello: Frames.Hello
  }

  private struct State {
    var open: Open?
    var waiting: [String: CheckedContinuation<Reply, Never>] = [:]
    /// By the monotonic clock.
    var heardAt: Int64 = 0
  }

  enum Reply: Sendable {
    case answer(Frames.Envelope, [UInt8])
    case failed(ConversationFailure)
  }

  private let state = Mutex(State())

  private static let shortestPause = Duration.milliseconds(100)
  private static let longestPause = Duration.seconds(5)
  /// The gateway ticks every 30 s: a connection that is silent for longer hangs.
  private static let silenceMilliseconds: Int64 = 75_000
  private static let watchInterval = Duration.seconds(5)

  // MARK: Asking

  /// Nil while the connection is down.
  var hello: Frames.Hello? { state.withLock { $0.open?.hello } }

  /// The answer to a request that was written already.
  ///
  /// The question waits before its frame goes out: an answer may come before any task runs again.
  func ask(_ id: String, _ text: String) async -> Reply {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let socket: WebSocketClient? = state.withLock { state in
          guard let open = state.open, !Task.isCancelled else { return nil }
          state.waiting[id] = continuation
          return open.socket
        }
        guard let socket else { return continuation.resume(returning: .failed(Self.gone)) }
        socket.send(text: text) { isSent in
          if !isSent { self.take(id)?.resume(returning: .failed(Self.gone)) }
        }
      }
    } onCancel: {
      take(id)?.resume(returning: .failed(.cancelled))
    }
  }

  private static let gone = ConversationFailure.lost(code: 1006, reason: "")

  private func take(_ id: String) -> CheckedContinuation<Reply, Never>? {
    state.withLock { $0.waiting.removeValue(forKey: id) }
  }

  // MARK: Keeping it

  /// Connects, listens, connects again, until the task is cancelled.
  func attend(
    _ time: any Time, connect: @Sendable () async throws(ConversationFailure) -> Conversation,
    _ tell: @escaping @Sendable (GatewayNews) -> Void
  ) async {
    var pause = Self.shortestPause
    while !Task.isCancelled {
      do throws(ConversationFailure) {
        let conversation = try await connect()
        pause = Self.shortestPause
        await hold(conversation, time, tell)
      } catch {
        // The next try says whether it still is so; every question says why meanwhile.
      }
      guard (try? await time.sleep(for: pause)) != nil else { return }
      pause = min(pause * 2, Self.longestPause)
    }
  }

  private func hold(
    _ conversation: Conversation, _ time: any Time,
    _ tell: @escaping @Sendable (GatewayNews) -> Void
  ) async {
    guard let socket = conversation.socket else { return }
    state.withLock {
      $0.open = Open(socket: socket, hello: conversation.hello)
      $0.heardAt = time.now().monotonicMilliseconds
    }
    tell(.connected(bootID: conversation.hello.server.bootId))
    let why = await withTaskGroup(of: String.self) { group in
      group.addTask { await self.listen(to: socket, time, tell) }
      group.addTask { await self.watch(time) }
      let first = await group.next() ?? ""
      group.cancelAll()
      return first
    }
    let waiting = state.withLock { state in
      let waiting = state.waiting
      state.waiting = [:]
      state.open = nil
      return waiting
    }
    for waiter in waiting.values { waiter.resume(returning: .failed(Self.gone)) }
    tell(.disconnected(why))
    await socket.close()
  }

  /// Returns when the connection hangs.
  private func watch(_ time: any Time) async -> String {
    while (try? await time.sleep(for: Self.watchInterval)) != nil {
      let silence = time.now().monotonicMilliseconds - state.withLock { $0.heardAt }
      if silence > Self.silenceMilliseconds { return "nothing was heard for \(silence) ms" }
    }
    return "cancelled"
  }

  private func listen(
    to socket: WebSocketClient, _ time: any Time, _ tell: @Sendable (GatewayNews) -> Void
  ) async -> String {
    while true {
      let message: WebSocketMessage
      do throws(WebSocketError) { message = try await socket.receive() } catch {
        return error.message
      }
      state.withLock { $0.heardAt = time.now().monotonicMilliseconds }
      switch message {
      case .closed(let code, let reason): return "closed with \(code) \(reason.shown)"
      case .binary: continue
      case .text(let text): take(Array(text.utf8), tell)
      }
    }
  }

  private func take(_ frame: [UInt8], _ tell: @Sendable (GatewayNews) -> Void) {
    guard let envelope = JSONText.decode(Frames.Envelope.self, frame) else { return }
    if envelope.type == "res", let id = envelope.id {
      take(id)?.resume(returning: .answer(envelope, frame))
    } else if let event = envelope.event, let news = GatewayEvents.news(event, frame) {
      tell(news)
    }
  }
}
