/// A tag object's bytes, as what was signed and the signature. Git signs everything before the
/// signature: the header, which names the commit and the tag, and the message.
struct SignedTag {
  let payload: [UInt8]
  /// Armored; nil where there is none of SSH's.
  let signature: [UInt8]?
  /// The kind of another signature, such as PGP.
  let otherKind: String?
  /// The header's lines, by their first word.
  let header: [String: String]

  private static let marks = [
    "-----BEGIN SSH SIGNATURE-----", "-----BEGIN PGP SIGNATURE-----",
    "-----BEGIN PGP MESSAGE-----", "-----BEGIN SIGNED MESSAGE-----",
  ]

  init(_ object: [UInt8]) {
    // Of several the last counts, as for git.
    var found: (start: Int, mark: String)?
    var line = 0
    while line < object.count {
      let rest = object[line...]
      if let mark = Self.marks.first(where: { rest.starts(with: $0.utf8) }) { found = (line, mark) }
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { break }
      line = end + 1
    }
    let start = found?.start ?? object.count
    payload = Array(object[..<start])
    let isSSH = found?.mark == Self.marks[0]
    signature = isSSH ? Array(object[start...]) : nil
    otherKind = isSSH ? nil : found.map { $0.mark.contains("PGP") ? "PGP" : "X.509" }
    var header: [String: String] = [:]
    let lines = payload.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for line in lines.prefix(while: { !$0.isEmpty }) {
      let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1)
        .map { String(decoding: $0, as: UTF8.self) }
      // A second line of a name is nothing that git wrote: neither counts.
      guard parts.count == 2 else { continue }
      header[parts[0]] = header[parts[0]] == nil ? parts[1] : ""
    }
    self.header = header
  }

  /// Why it does not say that this tag is that commit; nil when it does. A signature holds for what was
  /// signed: the tag's object under another name in `refs/tags` would be another release.
  func fault(tag: String, commit: String) -> String? {
    guard header["type"] == "commit", let object = header["object"] else {
      return "its object names no commit by itself"
    }
    guard header["tag"] == tag else {
      return
        "its object calls itself \(header["tag"]?.prefix(80) ?? "nothing"): it was signed under "
        + "that name, and renamed"
    }
    return object == commit ? nil : "its object names commit \(object.prefix(12))"
  }
}
