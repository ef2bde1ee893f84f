import SluiceCore
import SluiceHTTP
import SluicePorts
import Synchronization

/// One real OpenClaw gateway (measured: 2026.9.4 and 2026.9.6).
///
/// It keeps no connection: each question opens one (3 to 40 ms on loopback), asks and closes it. So
/// nothing is stale after a restart, and what people say, which a gateway sends to everyone who may
/// read, is hardly ever received and never kept.
public final class OpenClawGateway: GatewayControl {
  /// The session that `warmUp` speaks in, `agent:main:sluice-warm-up` in the gateway's run ledger.
  public static let warmUpSessionKey = "sluice-warm-up"

  let address: String
  let spec: OpenClawSpec
  let time: any Time
  let client: HTTPClient
  let deadlines: OpenClawDeadlines

  /// The suspension that this value asked for, by the gateway's name for it.
  let suspension = Mutex<Suspension?>(nil)
  /// When the process started is computed once a boot: it must not waver from one probe to the next.
  let started = Mutex<StartedBoot?>(nil)

  struct Suspension: Sendable {
    let token: String
    let id: String
  }

  struct StartedBoot: Sendable {
    let bootID: String
    let milliseconds: Int64
  }

  /// - Parameters:
  ///   - address: `host:port` as this host reaches its gateway. Loopback is best: there the token is
  ///     enough, and probes tell details.
  ///   - client: shared with others, it has a thread.
  public init(
    address: String, spec: OpenClawSpec, time: any Time, client: HTTPClient = HTTPClient(),
    deadlines: OpenClawDeadlines = OpenClawDeadlines()
  ) {
    self.address = address
    self.spec = spec
    self.time = time
    self.client = client
    self.deadlines = deadlines
  }

  /// Opens a connection that may call these methods, lets `body` ask, closes it.
  ///
  /// - Parameter purpose: what could not be done, for the error: `tell its queue depth`.
  func converse<Value>(
    to purpose: String, with methods: [GatewayMethod],
    _ body: (Conversation) async throws(ConversationFailure) -> Value
  ) async throws(PortError) -> Value {
    let token = try GatewayToken(file: spec.tokenFile)
    do throws(ConversationFailure) {
      let conversation = try await Conversation.open(
        address, token: token, methods: methods, time: time, deadline: deadlines.call)
      let value = try await body(conversation)
      await conversation.close()
      return value
    } catch {
      throw portError(
        error, to: purpose, changes: methods.contains { $0.changes }, hiding: token)
    }
  }

  /// Waits; a cancelled task is told what it leaves behind.
  func pause(_ duration: Duration, _ leaves: String) async throws(PortError) {
    do { try await time.sleep(for: duration) } catch {
      throw PortError(.unknown, "cancelled: \(leaves)")
    }
  }

  func milliseconds(since begun: Moment) -> Int64 { time.now().milliseconds(since: begun) ?? 0 }
}

extension Duration {
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
