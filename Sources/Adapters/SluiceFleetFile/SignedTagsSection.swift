import SluiceCore
import SluiceYAML

/// `signed_tags:`, the files that say whose tags the fleet takes.
enum SignedTagsSection {
  /// - Parameter checkouts: of the infra repository. Who may be believed does not stand in what he
  ///   writes: a committer would add himself in the commit that he signs.
  static func read(
    _ value: YAMLValue?, checkouts: [String]
  ) throws(YAMLError) -> SignedTags? {
    guard let section = try value?.mapping() else { return nil }
    let signers = try FleetFile.requiredPath(section, "allowed_signers")
    let revoked = try FleetFile.path(section, "revoked_keys")
    for (key, path) in [("allowed_signers", signers), ("revoked_keys", revoked ?? "")] {
      guard let checkout = checkouts.first(where: { path.hasPrefix("\($0)/") }) else { continue }
      throw try section.required(key).error(
        "\(key) lies in \(checkout), where every committer writes",
        "Keep it outside, in a directory that only root may write to: "
          + "/etc/openclaw/\(key), on every machine of the fleet.")
    }
    try section.finish()
    return SignedTags(allowedSigners: signers, revokedKeys: revoked)
  }
}
