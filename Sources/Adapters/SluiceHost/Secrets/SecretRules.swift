import SluiceSystem

/// The rules for a secret: its owner, its readers, and the accounts that may change it.
struct SecretRules: Sendable {
  /// User IDs: root, the agent's account and the gateway's.
  let owners: Set<UInt32>

  /// Sentences with their remedies; empty for a secret that is closed to others.
  ///
  /// - Parameters:
  ///   - path: absolute; safe to print.
  ///   - mustBeClosed: false for the directory of all tenants, whose names anybody may read.
  func faults(
    of status: FileStatus, _ entries: [AccessEntry], at path: String, mustBeClosed: Bool = true
  ) -> [String] {
    var faults: [String] = []
    if !owners.contains(status.owner) {
      let owner = HostFacts.userName(of: status.owner) ?? String(status.owner)
      faults.append(
        "\(path) belongs to \(owner), who is neither root nor the gateway's or the agent's account. "
          + "See what is in it, then:  chown root \(path)")
    }
    let mode = "0" + String(status.mode, radix: 8)
    if status.mode & 0o022 != 0 {
      faults.append(
        "\(path) has mode \(mode): others than its owner may change it. Close it:  chmod go-w \(path)"
      )
    } else if mustBeClosed, status.mode & 0o007 != 0 {
      faults.append(
        "\(path) has mode \(mode): every account may read it. Close it:  chmod o-rwx \(path), and "
          + "renew the secret")
    }
    for entry in entries {
      if entry.writes {
        faults.append("\(path): its access list lets \(entry.who) change it. Remove the entry.")
      } else if entry.reads, entry.isEverybody, mustBeClosed {
        faults.append(
          "\(path): its access list lets \(entry.who) read it. Remove the entry, and renew the "
            + "secret.")
      }
    }
    return faults
  }
}
