import SluiceSystem

/// What a gateway has loaded from its extra directories, at one moment.
struct LoadedPack: Sendable, Equatable {
  var skills: [Skill] = []
  var quality = Quality()
  /// The name of the directory that the first extra directory really is: `1.4.2`.
  var release = "none"
  /// Where the extra directories led: another value means that a link was flipped.
  var roots: [String?] = []
  /// For the log.
  var rejections: [String] = []
}

/// Walks the extra directories for `SKILL.md`. What the real gateway refuses is silently absent.
struct SkillLoader: Sendable {
  private static let depthLimit = 4
  private static let fileLimit = 256 << 10

  let directories: [String]

  /// Cheap enough to ask before every session.
  func roots() -> [String?] { directories.map(SkillPath.resolved) }

  func load() -> LoadedPack {
    var pack = LoadedPack(roots: roots())
    for (directory, root) in zip(directories, pack.roots) {
      guard let root else {
        pack.rejections.append("extra directory leads nowhere: \(directory)")
        continue
      }
      let walk = Walk(shownRoot: SkillPath.normalized(directory), root: root)
      walk.visit(shown: walk.shownRoot, real: root, depth: 0, into: &pack)
    }
    if let first = pack.roots.first, let root = first {
      pack.release = SkillPath.name(root)
      do throws(QualityError) {
        pack.quality = try Quality.read("\(root)/quality.json")
      } catch {
        pack.rejections.append("quality.json: \(error.reason)")
      }
    }
    return pack
  }

  private struct Walk {
    let shownRoot: String
    let root: String

    func visit(shown: String, real: String, depth: Int, into pack: inout LoadedPack) {
      if depth > 0, let file = try? Files.status(of: "\(real)/SKILL.md") {
        do throws(SkillRejection) {
          add(try skill(shown: shown, real: real, file), to: &pack)
        } catch {
          let path = "\(shown)/SKILL.md"
          pack.rejections.append("Skipping invalid skill: file=\(path) error=\(error.reason)")
        }
        return
      }
      guard depth < SkillLoader.depthLimit, let names = try? Files.names(in: real) else { return }
      for name in names where !name.hasPrefix(".") && name != "node_modules" {
        guard let status = try? Files.status(of: "\(real)/\(name)") else { continue }
        switch status.kind {
        case .directory:
          visit(shown: "\(shown)/\(name)", real: "\(real)/\(name)", depth: depth + 1, into: &pack)
        case .link:
          follow(shown: "\(shown)/\(name)", link: "\(real)/\(name)", depth: depth + 1, into: &pack)
        case .regular, .other: continue
        }
      }
    }

    private func follow(shown: String, link: String, depth: Int, into pack: inout LoadedPack) {
      guard let target = SkillPath.resolved(link) else { return }
      guard isInside(target) else {
        pack.rejections.append(
          "Skipping escaped skill path outside its configured root: source=openclaw-extra "
            + "root=\(shownRoot) rootResolved=\(root) reason=symlink-escape requested=\(shown) "
            + "resolved=\(target)")
        return
      }
      if let status = try? Files.status(of: target), status.kind == .directory {
        visit(shown: shown, real: target, depth: depth, into: &pack)
      }
    }

    private func skill(
      shown: String, real: String, _ status: FileStatus
    ) throws(SkillRejection) -> Skill {
      var path = "\(real)/SKILL.md"
      var status = status
      if status.kind == .link {
        guard let target = SkillPath.resolved(path), isInside(target),
          let found = try? Files.status(of: target)
        else { throw SkillRejection(reason: "symlink-escape") }
        path = target
        status = found
      }
      guard status.linkCount <= 1 else {
        throw SkillRejection(reason: "path must not be hardlinked")
      }
      let bytes: [UInt8]
      do {
        bytes = try Files.read(path, limit: SkillLoader.fileLimit)
      } catch {
        throw SkillRejection(reason: "\(error)")
      }
      return try Skill.read(bytes, baseDirectory: shown)
    }

    private func isInside(_ path: String) -> Bool { path.hasPrefix(root + "/") }

    /// Of two with the same name the first counts.
    private func add(_ skill: Skill, to pack: inout LoadedPack) {
      if !pack.skills.contains(where: { $0.name == skill.name }) { pack.skills.append(skill) }
    }
  }
}
