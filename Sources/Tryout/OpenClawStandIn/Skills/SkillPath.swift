import SluiceSystem

/// Paths as text, and where a link leads.
enum SkillPath {
  /// Follows the links in the path's last place; nil when nothing is there.
  static func resolved(_ path: String) -> String? {
    var path = normalized(path)
    for _ in 0..<16 {
      guard let status = try? Files.status(of: path) else { return nil }
      guard status.kind == .link else { return path }
      guard let target = try? Files.linkTarget(of: path) else { return nil }
      path = normalized(target.hasPrefix("/") ? target : "\(parent(path))/\(target)")
    }
    return nil
  }

  static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  static func parent(_ path: String) -> String {
    "/" + path.split(separator: "/").dropLast().joined(separator: "/")
  }

  /// Without `.`, `..` and doubled slashes.
  static func normalized(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
