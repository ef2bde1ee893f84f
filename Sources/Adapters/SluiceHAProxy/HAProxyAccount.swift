import SluiceCore
import SluicePorts
import SluiceSystem

/// Whose rights HAProxy goes on with once it has its sockets, where root starts it.
struct HAProxyAccount: Sendable, Hashable {
  var user: String
  var group: UInt32

  static let usual = "nobody"

  /// Nil where HAProxy keeps the account of its starter: the starter is not root, or sluice.yaml
  /// says `root`, or this machine has no account `nobody`.
  ///
  /// Throws `.refused` where HAProxy cannot run as `balancer.user`.
  static func choose(
    _ named: String?, starter: UInt32 = HostFacts.userIdentifier
  ) throws(PortError) -> HAProxyAccount? {
    let own = HostFacts.userName(of: starter)
    guard starter == 0 else {
      guard let named, named != own else { return nil }
      throw PortError(
        .refused,
        "balancer.user is \(named), and only root can start HAProxy as another user than itself",
        remedy:
          "Start it as root, or as \(named), or leave balancer.user out of sluice.yaml: it then "
          + "runs as \(own ?? "this user").")
    }
    let user = named ?? usual
    guard let account = HostFacts.account(user) else {
      guard named != nil else { return nil }
      throw PortError(
        .refused, "balancer.user is \(user), and this machine knows no such user",
        remedy: "Make that user, or name another one in sluice.yaml.")
    }
    guard account.user != 0 else { return nil }
    return HAProxyAccount(user: user, group: account.group)
  }
}
