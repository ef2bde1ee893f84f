import SluicePorts
import SluiceSystem
import Synchronization

/// Whom the token may be sent to: while the gateway is down, any user of the host can listen at its
/// port, and would be given the token with the next question.
///
/// The token may go to the user that owns its file, who can read it anyway, and to the user that
/// the service's process belongs to.
final class GatewayListener: Sendable {
  typealias Look = @Sendable (SocketAddress) -> Listeners

  private let address: SocketAddress?
  private let tokenFile: String
  private let servicePid: @Sendable () async -> Int32?
  private let look: Look
  /// To whom the service's process belonged when it was asked last.
  private let serviceUser = Mutex<UInt32?>(nil)

  init(
    address: String, tokenFile: String, servicePid: @escaping @Sendable () async -> Int32?,
    look: @escaping Look
  ) {
    self.address = SocketAddress(address)
    self.tokenFile = tokenFile
    self.servicePid = servicePid
    self.look = look
  }

  enum Fault: Sendable, Hashable {
    case nobody(String)
    case stranger(String)

    var message: String {
      switch self {
      case .nobody(let text), .stranger(let text): text
      }
    }
  }

  /// Why the token must not be sent there now; nil when it may.
  func fault() async -> Fault? {
    guard let address else { return nil }
    let seen = look(address)
    guard seen.isComplete || !seen.users.isEmpty else { return nil }
    guard !seen.users.isEmpty else { return .nobody("nobody listens at \(address)") }
    var trusted: Set<UInt32> = []
    if let owner = (try? Files.status(of: tokenFile))??.owner { trusted.insert(owner) }
    if let user = serviceUser.withLock({ $0 }) { trusted.insert(user) }
    if seen.users.isSubset(of: trusted) { return nil }
    // Asked only now: it costs the start of a program.
    if let user = await servicePid().flatMap(Processes.user) {
      serviceUser.withLock { $0 = user }
      trusted.insert(user)
    }
    let strangers = seen.users.subtracting(trusted).sorted()
    if strangers.isEmpty { return nil }
    let names = { (users: [UInt32]) in
      users.map { "\(HostFacts.userName(of: $0) ?? "without a name") (\($0))" }
        .joined(separator: ", ")
    }
    return .stranger(
      "a process of user \(names(strangers)) listens at \(address), and the gateway's user is "
        + (trusted.isEmpty ? "not known" : names(trusted.sorted())))
  }
}

extension OpenClawGateway {
  /// The remedy for a stranger at the gateway's port.
  static let strangerRemedy =
    "Nothing secret was sent there. See which process it is (lsof -i, ss -tlnp), end it, start the "
    + "gateway. If that is the gateway, let its user own openclaw.token_file."

  /// The token, for the process that listens at the gateway's address now.
  ///
  /// - Throws: `.unreachable` when no process listens, `.refused` when another account's process
  ///   does.
  func tokenToSend() async throws(PortError) -> GatewayToken {
    let token = try GatewayToken(file: spec.tokenFile)
    switch await listener.fault() {
    case nil: return token
    case .nobody(let text): throw PortError(.unreachable, text)
    case .stranger(let text): throw PortError(.refused, text, remedy: Self.strangerRemedy)
    }
  }

  /// The same for a conversation that is about to be opened.
  func requireGatewayListens() async throws(ConversationFailure) {
    switch await listener.fault() {
    case nil: return
    case .nobody(let text): throw .unreachable(text)
    case .stranger(let text): throw .stranger(text)
    }
  }
}
