import SluiceCore
import SluiceHTTP
import SluicePorts
import SluiceSystem
import Synchronization

/// One real OpenClaw gateway (measured: 2026.9.4 and 2026.9.6; recorded: 2026.4.26 and 2026.7.1-2).
///
/// Queries go over one read-only connection, which `attend` keeps. While that connection is down,
/// and for calls that need more rights, each call opens its own (3 to 40 ms on loopback). An older
/// build is asked by its program.
public final class OpenClawGateway: Sendable {
  /// The session of `warmUp`, `agent:main:sluice-warm-up` in the gateway's run log.
  public static let warmUpSessionKey = "sluice-warm-up"

  let address: String
  /// Whether the balancer reaches the gateway by the same address, and so from this machine.
  let isBesideBalancer: Bool
  let spec: OpenClawSpec
  let time: any Time
  let client: HTTPClient
  let deadlines: OpenClawDeadlines
  let commandLine: CommandLine
  let line = KeptConnection()
  let listener: GatewayListener
  /// Mixed into the hashes of session keys, so that keys cannot be guessed by trial.
  let salt: String

  /// The suspension that this value asked for, by the gateway's name for it.
  let suspension = Mutex<Suspension?>(nil)
  /// The queue depth that the command line told last: an older build has no protocol for that.
  let queue = Mutex<(depth: Int, at: Moment)?>(nil)
  /// When the process started is computed once a boot: it must not waver from one probe to the
  /// next.
  let started = Mutex<StartedBoot?>(nil)
  /// Asked once a boot, where the process does not say it.
  let foundNode = Mutex<FoundNode?>(nil)

  struct Suspension: Sendable {
    let token: String
    let id: String
  }

  struct StartedBoot: Sendable {
    let bootID: String
    let milliseconds: Int64
  }

  /// - Parameters:
  ///   - address: `host:port` as this host reaches its gateway. Loopback is best: there the token
  ///     is enough, and probes give details.
  ///   - sessionAddress: `host:port` as the balancer reaches the gateway; nil: the same.
  ///   - client: shared with others, because it has a thread.
  ///   - salt: a secret of this host. Session keys hash alike as long as the salt stays the same.
  ///   - servicePid: the service's process, to whose account the token may be sent.
  ///   - listeners: finds the processes that listen at an address of this machine.
  public init(
    address: String, sessionAddress: String? = nil, spec: OpenClawSpec, time: any Time,
    client: HTTPClient = HTTPClient(),
    deadlines: OpenClawDeadlines = OpenClawDeadlines(),
    salt: String = Randomness.hexadecimal(bytes: 16),
    servicePid: @escaping @Sendable () async -> Int32? = { nil },
    listeners: @escaping @Sendable (SocketAddress) -> Listeners = Listeners.at
  ) {
    self.address = address
    isBesideBalancer = sessionAddress ?? address == address
    self.spec = spec
    self.time = time
    self.client = client
    self.deadlines = deadlines
    self.salt = salt
    listener = GatewayListener(
      address: address, tokenFile: spec.tokenFile, servicePid: servicePid, look: listeners)
    commandLine = CommandLine(spec: spec, time: time, deadlines: deadlines)
  }

  /// Whether the running process is asked over its protocol.
  var speaksProtocol: Bool {
    get async { await commandLine.present().dialect.speaksProtocol }
  }

  /// Runs `body` on a connection. A read-only call uses the kept connection; a call that changes
  /// something uses its own, and so does every call while the kept connection is down.
  ///
  /// - Parameter purpose: the attempted act, for the error: `tell its queue depth`.
  func converse<Value>(
    to purpose: String, with methods: [GatewayMethod],
    _ body: (Conversation) async throws(ConversationFailure) -> Value
  ) async throws(PortError) -> Value {
    let token = try GatewayToken(file: spec.tokenFile)
    let changes = methods.contains { $0.changes }
    do throws(ConversationFailure) {
      if !changes, let kept = Conversation.on(line, time: time, deadline: deadlines.call) {
        do throws(ConversationFailure) { return try await body(kept) } catch {
          // The connection ended meanwhile. A question that only reads may be asked twice.
          guard case .lost = error else { throw error }
        }
      }
      try await requireGatewayListens()
      let conversation = try await Conversation.open(
        address, token: token, methods: methods, time: time, deadline: deadlines.call)
      let value = try await body(conversation)
      await conversation.close()
      return value
    } catch {
      throw portError(error, to: purpose, changes: changes, hiding: token)
    }
  }

  /// Waits. A cancelled wait throws an error that says what the task leaves behind.
  func pause(_ duration: Duration, _ leaves: String) async throws(PortError) {
    do { try await time.sleep(for: duration) } catch {
      throw PortError(.unknown, "cancelled: \(leaves)")
    }
  }

  func milliseconds(since begun: Moment) -> Int64 { time.now().milliseconds(since: begun) ?? 0 }
}
