import SluiceCore

/// Sluice's calls of git, as argument lists: pure, so that a test can read them.
///
/// Git runs no hook, and no program that the repository or its configuration names: a checkout is
/// data. `GuardedRepository` ensures this; the arguments here are a second protection.
enum GitArguments {
  /// Before every command.
  static let guards = [
    "--no-pager", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
    "-c", "core.attributesFile=/dev/null",
    "-c", "advice.detachedHead=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
    "-c", "core.quotePath=false",
  ]

  /// Where the repository is, and how it names objects. With `settings` and `address` the only
  /// commands that read the repository's configuration; they run nothing of it.
  static let places = [
    "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir",
    "--show-object-format",
  ]
  static let settings = ["config", "--local", "--includes", "--null", "--list"]
  /// A remote's address as the configuration has it, rewritten where it says so.
  static func address(of remote: String) -> [String] { ["ls-remote", "--get-url", remote] }

  static let isShallow = ["rev-parse", "--is-shallow-repository"]
  static let head = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]
  static let remotes = ["remote"]
  static let status = ["status", "--porcelain=v1", "-uall", "-z", "--ignore-submodules=dirty"]

  static func commit(ofTag tag: String) -> [String] {
    ["rev-parse", "--verify", "--quiet", "refs/tags/\(tag)^{commit}"]
  }

  /// The tag's own object: a tag object, or, of a lightweight tag, the commit.
  static func object(ofTag tag: String) -> [String] {
    ["rev-parse", "--verify", "--quiet", "refs/tags/\(tag)"]
  }
  static func kind(of object: String) -> [String] { ["cat-file", "-t", object] }
  static func text(ofTagObject object: String) -> [String] { ["cat-file", "tag", object] }
  /// Of that object, and no other.
  static func remove(tag: String, of object: String) -> [String] {
    ["update-ref", "-d", "refs/tags/\(tag)", object]
  }

  static func tags(of commit: String) -> [String] {
    ["for-each-ref", "--points-at", commit, "--format=%(refname:lstrip=2)", "refs/tags"]
  }

  static func commit(_ commit: String) -> [String] {
    ["rev-parse", "--verify", "--quiet", "\(commit)^{commit}"]
  }

  /// Without a leading `+`: a tag that is here already is never moved.
  static func fetch(tag: String, from address: String) -> [String] {
    [
      "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
      "--upload-pack", "git-upload-pack", "--", address, "refs/tags/\(tag):refs/tags/\(tag)",
    ]
  }

  static func file(_ path: String, at commit: String) -> [String] {
    ["cat-file", "blob", "\(commit):\(path)"]
  }

  static func checkOut(_ commit: String) -> [String] {
    ["checkout", "--quiet", "--detach", "--no-recurse-submodules", commit]
  }

  /// Every object below a folder of a commit, or of all of it, with its size: headers are read, no
  /// content.
  static func sizes(at commit: String, below folder: String?) -> [String] {
    ["ls-tree", "-r", "-l", "-z", "--full-tree", commit] + (folder.map { ["--", $0] } ?? [])
  }

  static func readTree(_ commit: String) -> [String] { ["read-tree", commit] }
  static func list(_ folder: String) -> [String] { ["ls-files", "-z", "--cached", "--", folder] }
  static func others(_ folder: String, ignored: Bool) -> [String] {
    ["ls-files", "-z", "--others", "--exclude-standard"] + (ignored ? ["--ignored"] : [])
      + ["--", folder]
  }
  /// Paths come by its input.
  static let ignored = ["check-ignore", "-z", "--stdin"]
  static func hash(filtered: Bool) -> [String] {
    ["hash-object", "--stdin-paths"] + (filtered ? [] : ["--no-filters"])
  }
  static let filterAttribute = ["check-attr", "-z", "--stdin", "filter"]
  static func setting(_ key: String) -> [String] { ["config", "--get", key] }
  static let filters = ["check-attr", "--cached", "-z", "--stdin", "filter"]
  static let checkOutIndex = ["checkout-index", "-z", "--stdin", "--quiet"]

  /// Nothing of the user's or the machine's configuration, no prompt, no search for a repository
  /// above the directory.
  static func environment(directory: String, adding extra: [String: String]) -> [String: String] {
    var parts = directory.pathParts
    parts = parts.dropLast()
    let fixed = [
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
      "GIT_OPTIONAL_LOCKS": "0", "GIT_CEILING_DIRECTORIES": "/" + parts.joined(separator: "/"),
      "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_ATTR_NOSYSTEM": "1",
      // Any other transport is a program that an address names.
      "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh", "LC_ALL": "C",
      "PATH": "/usr/bin:/bin:/usr/sbin:/sbin",
    ]
    return fixed.merging(extra) { _, added in added }
  }

  /// A tag that may stand in a command and in a ref: by git's own rules, and narrower.
  static func isValidTag(_ tag: String) -> Bool {
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+".utf8)
    let parts = tag.split(separator: "/", omittingEmptySubsequences: false)
    return (1...128).contains(tag.utf8.count) && tag.utf8.allSatisfy(allowed.contains)
      && !tag.hasPrefix("-") && !tag.hasSuffix(".") && !tag.contains("..")
      && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") }
  }

  static func isCommit(_ text: String) -> Bool {
    // SHA-1 has 40 digits, SHA-256 repositories have 64.
    [40, 64].contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  /// Files that macOS writes beside a person's files: a folder's looks, and on other file systems
  /// than its own the attributes of the file of that name.
  static func isFinders(_ path: String) -> Bool {
    let name = path.pathParts.last ?? ""
    return name == ".DS_Store" || name.hasPrefix("._")
  }

  /// The paths of `status -z`: two letters, a space, the path; a rename or copy has its old path in
  /// a record of its own. What Finder puts into every folder that it shows is no change: the user's
  /// own ignore rules, which would leave it out, are not read.
  static func dirtyPaths(_ output: [UInt8]) -> [String] {
    var paths: [String] = []
    var isOldPath = false
    for record in output.split(separator: 0) {
      if isOldPath {
        isOldPath = false
        continue
      }
      guard record.count > 3 else { continue }
      let path = String(decoding: record.dropFirst(3), as: UTF8.self)
      let letters = record.prefix(2)
      if letters.elementsEqual("??".utf8), isFinders(path) { continue }
      paths.append(path)
      isOldPath = letters.contains(UInt8(ascii: "R")) || letters.contains(UInt8(ascii: "C"))
    }
    return paths
  }
}
