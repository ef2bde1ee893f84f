import SluiceCore
import SluiceJSON
import SluicePorts
import SluiceSystem

/// The connection from a command to the running controller: one line of JSON in each direction,
/// over a unix socket in the writer's private directory. The answer comes once the promotion has
/// handled the request, or says why it has not. The channel does not use the ledger.
public enum ControlChannel {
  /// How long a command waits for the controller's answer.
  static let patience: Duration = .seconds(6)
  /// How long the controller may handle a request. Later requests are refused, because their
  /// senders were told that the request did not arrive.
  static let lifetimeMilliseconds: Int64 = 5_000
  static let lineLimit = 16_384

  public static func socket(_ writer: WriterSpec) -> String { "\(writer.state)/control.sock" }

  /// A promotion's state by its controller's own report.
  public struct Standing: Codable, Sendable, Hashable {
    public var promotion: PromotionID
    public var phase: Phase
    public var isPaused: Bool
    /// Why the promotion rolls back, if it does.
    public var reason: String?

    public init(_ promotion: Promotion) {
      self.promotion = promotion.id
      phase = promotion.phase
      isPaused = promotion.isPaused
      reason = promotion.rollbackCause?.sentence
    }

    /// Why a promotion that took the request is not paused; nil if it is.
    public var faultOfPause: String? {
      if phase.isTerminal { return "nothing is paused: the promotion has ended, \(phase.title)" }
      if phase.isRollingBack {
        let why = reason.map { " (\($0))" } ?? ""
        return "a rollback cannot be paused. Its phase is: \(phase.title)\(why)"
      }
      return isPaused ? nil : "nothing is paused: the promotion stands at \(phase.title)"
    }
  }

  struct Message: Codable, Sendable {
    /// Nil: a question about the promotion's state only.
    var request: Request?
    /// The latest time to handle the request, by the sender's monotonic clock in milliseconds, and
    /// its boot.
    var until: Int64
    var boot: String
  }

  struct Reply: Codable, Sendable {
    var fault: String?
    var standing: Standing?
  }

  /// Sends a request to the controller, or nil to ask for the promotion's state.
  ///
  /// - Returns: the promotion's present state; nil before it has begun.
  /// - Throws: `.unreachable` if no controller listens; `.unknown` if one listens and does not
  ///   answer; `.refused` with the controller's own words.
  public static func send(_ request: Request?, to writer: WriterSpec) async throws(PortError)
    -> Standing?
  {
    let path = socket(writer)
    let now = SystemTime().now()
    let message = Message(
      request: request, until: now.monotonicMilliseconds + lifetimeMilliseconds, boot: now.boot)
    let connection: StreamConnection
    do throws(SystemError) {
      connection = try await StreamConnection.connect(.unix(path: path), deadline: patience)
    } catch {
      guard !error.isTimedOut else { throw silent(path) }
      throw PortError(
        .unreachable, "no controller listens at \(path): \(error)", remedy: "Go on:  sluice resume")
    }
    defer { connection.close() }
    let answer: String?
    do {
      try await connection.write(
        text: try CanonicalJSON.encode(message).canonicalText + "\n", deadline: patience)
      answer = try await connection.readLine(limit: lineLimit, deadline: patience)
    } catch { throw silent(path) }
    guard let answer, let reply = try? CanonicalJSON.decode(Reply.self, from: Array(answer.utf8))
    else {
      throw PortError(
        .unknown, "the controller ended before it said whether it took the request",
        remedy: "See how it stands:  sluice status")
    }
    if let fault = reply.fault { throw PortError(.refused, fault, remedy: "See:  sluice status") }
    return reply.standing
  }

  private static func silent(_ path: String) -> PortError {
    PortError(
      .unknown, "the controller at \(path) does not answer",
      remedy: "See which process it is:  sluice status")
  }

  static func listen(_ writer: WriterSpec) throws(PortError) -> SocketListener {
    let path = socket(writer)
    do throws(SystemError) {
      try Files.makePrivateDirectory(writer.state)
      return try SocketListener.listen(.unix(path: path), mode: 0o600)
    } catch {
      throw PortError(
        .failed, "the controller cannot listen at \(path): \(error)",
        remedy: error.ownRemedy
          ?? "A shorter writer.state in sluice.yaml helps when the path is too long.")
    }
  }

  /// The controller's side: handles a request within its time limit and reports the promotion's
  /// state.
  struct Desk: Sendable {
    var take: @Sendable (Request, Moment) async throws(PortError) -> Promotion
    var look: @Sendable () async -> Promotion?
  }

  /// The number of answers in progress.
  actor Open {
    private(set) var count = 0

    func begin() { count += 1 }
    func end() { count -= 1 }
  }

  /// Serves until the listener is closed.
  static func serve(_ listener: SocketListener, _ desk: Desk, _ open: Open) async {
    await withDiscardingTaskGroup { group in
      for await connection in listener.connections {
        await open.begin()
        group.addTask {
          let reply = await answer(connection, desk)
          if let text = try? CanonicalJSON.encode(reply).canonicalText {
            try? await connection.write(text: text + "\n", deadline: patience)
          }
          connection.close()
          await open.end()
        }
      }
    }
  }

  private static func answer(_ connection: StreamConnection, _ desk: Desk) async -> Reply {
    let message: Message
    do {
      let line = try await connection.readLine(limit: lineLimit, deadline: patience)
      message = try CanonicalJSON.decode(Message.self, from: Array((line ?? "").utf8))
    } catch { return Reply(fault: "the request cannot be read: \(error)") }
    guard let request = message.request else {
      return Reply(standing: await desk.look().map(Standing.init))
    }
    let limit = Moment(
      wallMilliseconds: 0, monotonicMilliseconds: message.until, boot: message.boot)
    do throws(PortError) {
      return Reply(standing: Standing(try await desk.take(request, limit)))
    } catch { return Reply(fault: error.message) }
  }
}
