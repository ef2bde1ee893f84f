/// One entry of a file's access list that names an account beside the owner.
struct AccessEntry: Sendable, Hashable {
  /// As the system's tool writes it: `user:alice`, `group:everyone`.
  var who: String
  var reads: Bool
  /// Writes, appends, removes, or changes owner or rights.
  var writes: Bool

  /// Whether the entry speaks of every account.
  var isEverybody: Bool { ["group:everyone", "other"].contains(who) }
}

/// Reads `ls -led PATH` of macOS. Entries that deny are left out: they open nothing.
///
///     drwx------+ 3 root  wheel  96 Nov 30 10:00 /var/db/openclaw/secrets/acme
///      0: user:_openclaw inherited allow list,search,readattr
enum MacAccessList {
  private static let reading: Set = ["read", "list", "search", "execute"]
  private static let writing: Set = [
    "write", "append", "delete", "add_file", "add_subdirectory", "delete_child", "chown",
    "writeattr", "writeextattr", "writesecurity",
  ]

  /// Nil when the text is no such output.
  static func entries(in text: String) -> [AccessEntry]? {
    let lines = text.split(separator: "\n")
    guard let mode = lines.first?.prefix(10), mode.count == 10, "-dlbcsp".contains(mode.prefix(1)),
      mode.dropFirst().allSatisfy({ "rwxsStT-".contains($0) })
    else { return nil }
    var entries: [AccessEntry] = []
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":"),
        Int(line[..<colon].drop { $0 == " " }) != nil
      else { return nil }
      // An account's name may hold blanks; what follows it may not.
      var words = line[line.index(after: colon)...].split(separator: " ")
      guard words.count >= 3, let rights = words.popLast(), let sort = words.popLast(),
        ["allow", "deny"].contains(sort)
      else { return nil }
      if words.count > 1, words.last == "inherited" { words.removeLast() }
      guard sort == "allow" else { continue }
      let names = Set(rights.split(separator: ",").map(String.init))
      entries.append(
        AccessEntry(
          who: words.joined(separator: " "), reads: !names.isDisjoint(with: reading),
          writes: !names.isDisjoint(with: writing)))
    }
    return entries
  }
}

/// Reads `getfacl -p -- PATH`. Owner, mask and plain group are left out: the mode has them.
///
///     # file: /var/db/openclaw/secrets/acme
///     user::rwx
///     user:_openclaw:r-x        #effective:r--
///     mask::r-x
enum PosixAccessList {
  /// Nil when the text is no such output.
  static func entries(in text: String) -> [AccessEntry]? {
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    guard lines.contains(where: { $0.hasPrefix("user::") }) else { return nil }
    var entries: [AccessEntry] = []
    for line in lines {
      let halves = line.split(separator: "#", maxSplits: 1)
      let parts = (halves.first ?? "").split(separator: ":", omittingEmptySubsequences: false)
        .map { $0.filter { $0 != " " && $0 != "\t" } }
      // An entry that new files inherit opens no file that is there.
      if parts.first == "default" { continue }
      guard parts.count == 3, parts[2].allSatisfy({ "rwxXst-".contains($0) }) else { return nil }
      guard ["user", "group"].contains(parts[0]), !parts[1].isEmpty else { continue }
      var rights = parts[2]
      if halves.count == 2, let mark = halves[1].firstIndex(of: ":") {
        rights = String(halves[1][halves[1].index(after: mark)...])
      }
      entries.append(
        AccessEntry(
          who: "\(parts[0]):\(parts[1])", reads: rights.contains("r"), writes: rights.contains("w"))
      )
    }
    return entries
  }
}
