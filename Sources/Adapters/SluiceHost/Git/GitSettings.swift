/// The settings of a repository's configuration that Sluice passes on to git.
///
/// A configuration can name programs under dozens of keys, and each version of git adds more. So
/// git never reads the configuration. Sluice passes on only the keys of this list, and no key of
/// the list names a program.
struct GitSettings: Sendable {
  /// In the environment's form, which takes every key and value as it is.
  var pairs: [(key: String, value: String)]
  /// How refs and objects are kept: without them git could not read the repository at all.
  var objectFormat: String
  var refStorage: String?
  /// Some objects are left at the remote, and git would fetch them in the middle of a read.
  var isPartialClone = false
  /// Programs for the way to a remote that the configuration names, and Sluice does not run.
  var remotePrograms: [String] = []

  /// Keys as git prints them: section and last part in lower case.
  private static let passedOn: Set<String> = [
    "core.autocrlf", "core.eol", "core.safecrlf", "core.filemode", "core.symlinks",
    "core.ignorecase", "core.precomposeunicode", "core.sparsecheckout", "core.sparsecheckoutcone",
    "core.bigfilethreshold", "core.compression", "transfer.fsckobjects", "fetch.fsckobjects",
  ]
  /// The last parts of `http.…` and `http.<url>.…`: a proxy, a header with a token, certificates.
  private static let passedOnOfHTTP: Set<String> = [
    "proxy", "proxyauthmethod", "extraheader", "sslverify", "sslcainfo", "sslcapath", "sslcert",
    "sslkey", "sslversion", "version", "useragent", "followredirects", "emptyauth", "delegation",
    "proxysslcainfo", "proxysslcert", "proxysslkey", "lowspeedlimit", "lowspeedtime", "postbuffer",
  ]
  private static let programsOfRemotes: Set<String> = [
    "core.sshcommand", "core.gitproxy", "core.askpass", "credential.helper",
  ]

  /// - Parameter listed: the output of `git config --list --null`.
  init(listed: [UInt8], objectFormat: String) {
    pairs = []
    self.objectFormat = objectFormat
    for record in listed.split(separator: 0) {
      let parts = record.split(
        separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = parts.first else { continue }
      // A key without a value is true; one with an empty value is not: no proxy, no program.
      take(
        String(decoding: first, as: UTF8.self),
        parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "true")
    }
  }

  private mutating func take(_ key: String, _ value: String) {
    let parts = key.split(separator: ".", omittingEmptySubsequences: false)
    let last = parts.last.map(String.init) ?? ""
    if Self.passedOn.contains(key)
      || (parts.first == "http" && Self.passedOnOfHTTP.contains(last))
    {
      pairs.append((key, value))
    }
    switch key {
    case "extensions.refstorage" where ["files", "reftable"].contains(value): refStorage = value
    case "extensions.partialclone": isPartialClone = true
    case _ where last == "promisor" && parts.first == "remote": isPartialClone = true
    default: break
    }
    let isOfRemote =
      Self.programsOfRemotes.contains(key) || (parts.first == "credential" && last == "helper")
      || (parts.first == "remote" && ["uploadpack", "vcs"].contains(last))
    if isOfRemote, !value.isEmpty, !remotePrograms.contains(key) { remotePrograms.append(key) }
  }

  /// The whole of the configuration that git reads from a file.
  var file: String {
    let isPlain = objectFormat == "sha1" && (refStorage ?? "files") == "files"
    guard !isPlain else { return "[core]\n\trepositoryformatversion = 0\n\tbare = false\n" }
    return "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n"
      + "\tobjectFormat = \(objectFormat)\n" + (refStorage.map { "\trefStorage = \($0)\n" } ?? "")
  }

  var environment: [String: String] {
    var environment = ["GIT_CONFIG_COUNT": "\(pairs.count)"]
    for (index, pair) in pairs.enumerated() {
      environment["GIT_CONFIG_KEY_\(index)"] = pair.key
      environment["GIT_CONFIG_VALUE_\(index)"] = pair.value
    }
    return environment
  }
}
