/// Finds words that look like secrets in a text and its comments, and never repeats such a word.
public enum SecretScan {
  public struct Finding: Sendable, Hashable {
    /// Counts from 1.
    public let line: Int
    /// Counts from 1, in bytes.
    public let column: Int
    /// Why the word looks like a secret.
    public let reason: String
  }

  /// Prefixes of well-known secrets, each with the kind of secret.
  private static let prefixes: [(String, String)] = [
    ("sk-", "an API key"), ("sk_live_", "a Stripe key"), ("sk_test_", "a Stripe key"),
    ("rk_live_", "a Stripe key"), ("whsec_", "a webhook secret"), ("ghp_", "a GitHub token"),
    ("gho_", "a GitHub token"), ("ghu_", "a GitHub token"), ("ghs_", "a GitHub token"),
    ("ghr_", "a GitHub token"), ("github_pat_", "a GitHub token"), ("glpat-", "a GitLab token"),
    ("xoxb-", "a Slack token"), ("xoxp-", "a Slack token"), ("xoxa-", "a Slack token"),
    ("xapp-", "a Slack token"), ("AKIA", "an AWS key"), ("ASIA", "an AWS key"),
    ("AIza", "a Google key"), ("ya29.", "a Google token"), ("eyJ", "a JSON web token"),
    ("npm_", "an npm token"), ("hf_", "a Hugging Face token"), ("SG.", "a SendGrid key"),
    ("dop_v1_", "a DigitalOcean token"), ("AGE-SECRET-KEY-", "an age key"),
  ]

  public static func findings(in bytes: [UInt8]) -> [Finding] {
    var findings: [Finding] = []
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      for word in line.split(whereSeparator: isSeparator) {
        guard let reason = reason(String(decoding: word, as: UTF8.self)) else { continue }
        findings.append(
          Finding(line: index + 1, column: word.startIndex - line.startIndex + 1, reason: reason))
      }
    }
    return findings
  }

  /// Why a word looks like a secret; nil if it does not.
  public static func reason(_ word: String) -> String? {
    if word == "-----BEGIN" { return "begins like a PEM block" }
    for (prefix, kind) in prefixes where word.hasPrefix(prefix) {
      // A shorter word is a name that happens to begin like that (`hf_hub`, `eyJ`).
      if word.utf8.count >= max(prefix.utf8.count + 8, 14) { return "begins like \(kind)" }
    }
    if hasPassword(word) { return "is a URL with a password in it" }
    let runs = word.utf8.split { !isAlphanumeric($0) }
    return runs.contains { looksRandom(Array($0)) } ? "looks random, as a key or token does" : nil
  }

  /// `scheme://user:password@host`
  private static func hasPassword(_ word: String) -> Bool {
    let parts = word.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count >= 3 && parts[1].hasPrefix("//") && parts[2...].contains { $0.contains("@") }
  }

  /// Letters and digits mixed, long, and of many different characters. Words and dates in the names
  /// of models and tools are shorter, because separators divide them.
  private static func looksRandom(_ run: [UInt8]) -> Bool {
    let digits = run.count { (0x30...0x39).contains($0) }
    return run.count >= 20 && digits >= 2 && digits <= run.count - 2 && Set(run).count >= 9
  }

  /// White space, and the characters that YAML puts around a value.
  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte <= 0x20 || Array("\"',[]{}".utf8).contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// Whether a name declares its value a secret: `ANTHROPIC_API_KEY`, `--gateway-token`.
  public static func isSecretName(_ name: String) -> Bool {
    let words = name.uppercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    let isFile = ["FILE", "PATH", "DIR"].contains(words.last ?? "")
    return !isFile && words.contains { word in secretWords.contains { word.hasSuffix($0) } }
  }

  private static let secretWords = [
    "KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS",
    "APIKEY", "BEARER", "COOKIE",
  ]

  /// Why a configuration value looks like a secret; nil if it does not. A path is judged only by
  /// well-known prefixes, because directories of package stores look random and are no secrets.
  public static func reason(value: String) -> String? {
    let isPath = value.hasPrefix("/")
    for word in value.split(whereSeparator: { " \t\n\"',[]{}?&=;".contains($0) }) {
      let words = isPath ? word.split(separator: "/").map(String.init) : [String(word)]
      for word in words {
        guard let reason = reason(word), !isPath || reason.hasPrefix("begins"), !isMeasure(word)
        else { continue }
        return reason
      }
    }
    return query(value)
  }

  /// A number with its unit is no secret, however long.
  private static func isMeasure(_ word: String) -> Bool {
    let unit = word.drop { $0.isNumber || $0 == "." || $0 == "-" }
    return unit.utf8.count <= 2 && unit.utf8.count < word.utf8.count
  }

  /// `https://host/path?token=…`
  private static func query(_ value: String) -> String? {
    guard value.contains("://"), let mark = value.firstIndex(of: "?") else { return nil }
    let names = value[mark...].dropFirst().split(separator: "&")
    let hasSecret = names.contains { part in
      let pair = part.split(separator: "=", maxSplits: 1)
      return pair.count == 2 && isSecretName(String(pair[0]))
    }
    return hasSecret ? "is a URL with a secret in its query" : nil
  }
}
