import SluiceSystem

/// The skills that a gateway has loaded from its extra directories, at one moment.
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
  /// Of folders inside each other: below a folder `skills` of the directory, and elsewhere.
  private static let depthLimits = (inSkills: 6, elsewhere: 2)
  private static let fileLimit = 256_000
  /// Of folders beside each other, and of skills in all.
  private static let limits = (folders: 300, skills: 200)

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
      walk.visit(into: &pack)
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

    private struct Folder {
      var shown: String
      var real: String
      var depth: Int
      var isInSkills: Bool

      var limit: Int {
        isInSkills ? SkillLoader.depthLimits.inSkills : SkillLoader.depthLimits.elsewhere
      }
    }

    /// Level by level. A directory that is a skill itself has no others in it.
    func visit(into pack: inout LoadedPack) {
      let top = Folder(shown: shownRoot, real: root, depth: 0, isInSkills: false)
      if (try? Files.status(of: "\(root)/SKILL.md")) != nil { return load(top, into: &pack) }
      var queue = folders(in: top, into: &pack)
      var loaded = 0
      while !queue.isEmpty {
        let folder = queue.removeFirst()
        guard (try? Files.status(of: "\(folder.real)/SKILL.md")) != nil else {
          if folder.depth < folder.limit { queue += folders(in: folder, into: &pack) }
          continue
        }
        guard loaded < SkillLoader.limits.skills else { return }
        let before = pack.rejections.count
        load(folder, into: &pack)
        if pack.rejections.count == before { loaded += 1 }
      }
    }

    private func load(_ folder: Folder, into pack: inout LoadedPack) {
      let path = "\(folder.shown)/SKILL.md"
      do throws(SkillRejection) {
        guard let file = try? Files.status(of: "\(folder.real)/SKILL.md") else { return }
        add(try skill(shown: folder.shown, real: folder.real, file), to: &pack)
      } catch {
        pack.rejections.append("Skipping invalid skill: file=\(path) error=\(error.reason)")
      }
    }

    private func folders(in folder: Folder, into pack: inout LoadedPack) -> [Folder] {
      var found: [Folder] = []
      for name in (try? Files.names(in: folder.real)) ?? []
      where !name.hasPrefix(".") && name != "node_modules" {
        let shown = "\(folder.shown)/\(name)"
        let place = "\(folder.real)/\(name)"
        let isSkills = folder.depth == 0 && name == "skills"
        let isContainer = isSkills && ((try? Files.status(of: "\(place)/SKILL.md")) ?? nil) == nil
        let real: String?
        switch ((try? Files.status(of: place)) ?? nil)?.kind {
        case .directory: real = place
        case .link: real = target(of: place, shown: shown, into: &pack)
        default: real = nil
        }
        guard let real else { continue }
        found.append(
          Folder(
            shown: shown, real: real, depth: isContainer ? 0 : folder.depth + 1,
            isInSkills: folder.isInSkills || isSkills))
      }
      return Array(found.prefix(SkillLoader.limits.folders))
    }

    /// Where a link leads, when that is a directory of the same root.
    private func target(
      of link: String, shown: String, into pack: inout LoadedPack
    ) -> String? {
      guard let target = SkillPath.resolved(link) else { return nil }
      guard isInside(target) else {
        pack.rejections.append(
          "Skipping escaped skill path outside its configured root: source=openclaw-extra "
            + "root=\(shownRoot) rootResolved=\(root) reason=symlink-escape requested=\(shown) "
            + "resolved=\(target)")
        return nil
      }
      let kind = ((try? Files.status(of: target)) ?? nil)?.kind
      return kind == .directory ? target : nil
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

    /// Of two with the same name the later counts.
    private func add(_ skill: Skill, to pack: inout LoadedPack) {
      pack.skills.removeAll { $0.name == skill.name }
      pack.skills.append(skill)
    }
  }
}
