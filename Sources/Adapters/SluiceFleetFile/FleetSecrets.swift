import SluiceCore
import SluiceYAML

/// Every plan and the ledger contain `sluice.yaml`, and many people read them. So Sluice refuses a
/// secret in the file before it uses any of it. The error never repeats the secret.
enum FleetSecrets {
  static func check(_ root: YAMLNode, file: String) throws(YAMLError) {
    try check(root, "", file)
  }

  private static func check(_ node: YAMLNode, _ name: String, _ file: String) throws(YAMLError) {
    switch node.content {
    case .scalar(let text, _):
      guard let reason = SecretScan.reason(value: text) else { return }
      throw fault(name, reason, node.position, file)
    case .sequence(let items):
      var before = ""
      for (index, item) in items.enumerated() {
        let name = "\(name)[\(index)]"
        if case .scalar(let text, _) = item.content {
          if isSecretArgument(text, after: before) {
            throw fault(name, "follows an option that takes a secret", item.position, file)
          }
          before = text
        }
        try check(item, name, file)
      }
    case .mapping(let entries):
      for entry in entries {
        let inside = name.isEmpty ? entry.key : "\(name).\(entry.key)"
        if let reason = SecretScan.reason(value: entry.key) {
          throw fault("a key of \(name)", reason, entry.keyPosition, file)
        }
        if name.hasSuffix("environment"), case .scalar(let text, _) = entry.value.content,
          SecretScan.isSecretName(entry.key), !text.isEmpty, !text.hasPrefix("/")
        {
          throw fault(inside, "has the name of a secret", entry.value.position, file)
        }
        try check(entry.value, inside, file)
      }
    }
  }

  /// `--token=x`, or `x` after `--token`.
  private static func isSecretArgument(_ text: String, after option: String) -> Bool {
    let parts = text.split(separator: "=", maxSplits: 1)
    if text.hasPrefix("--"), parts.count == 2 {
      return SecretScan.isSecretName(String(parts[0])) && !parts[1].hasPrefix("/")
    }
    return option.hasPrefix("--") && !option.contains("=") && SecretScan.isSecretName(option)
      && !text.hasPrefix("-") && !text.hasPrefix("/")
  }

  private static func fault(
    _ name: String, _ reason: String, _ position: YAMLPosition, _ file: String
  ) -> YAMLError {
    YAMLError(
      file: file, position: position, message: "\(name) \(reason): it would stand in the ledger",
      remedy:
        "Take it out, and hold it for known. What OpenClaw needs of the kind belongs into a file "
        + "of mode 0600 on the host, named as openclaw.environment_file.")
  }
}
