import SluiceCore
import SluicePorts

/// The signer of a release's tag. Git is asked for the bytes of the tag alone; the signer is
/// `TagSigners`' to say.
extension GitCheckout {
  public var asksForSignatures: Bool { tagSigners != nil }

  public func signers() async throws(PortError) -> [String] { try tagSigners?.names() ?? [] }

  public func signer(of release: Release) async throws(PortError) -> String? {
    guard let signers = tagSigners else { return nil }
    guard GitArguments.isValidTag(release.tag) else {
      throw signers.refusal(
        "\(release.tag.prefix(80)) is no tag", tag: release.tag, commit: release.commit, directory)
    }
    return try await read { git throws(PortError) in
      try await signer(of: release, signers, git)
    }
  }

  func signer(
    of release: Release, _ signers: TagSigners, _ git: Git
  ) async throws(PortError) -> String {
    try await signer(of: release.tag, release.commit, signers, git)
  }

  /// The signature as it stands in the checkout, without the network; nil where none is asked for.
  func signature(
    of tag: String, _ commit: String?, _ git: Git
  ) async -> PlacingSurvey.Signature? {
    guard let signers = tagSigners else { return nil }
    do throws(PortError) {
      guard let commit else {
        _ = try signers.allowed()
        return .init()
      }
      return .init(signer: try await signer(of: tag, commit, signers, git))
    } catch { return .init(fault: error.message + (error.remedy.map { ". \($0)" } ?? "")) }
  }

  private func signer(
    of tag: String, _ commit: String, _ signers: TagSigners, _ git: Git
  ) async throws(PortError) -> String {
    guard let object = try await git.object(GitArguments.object(ofTag: tag)) else {
      throw signers.refusal(
        "\(directory) has no such tag", tag: tag, commit: commit, directory)
    }
    guard try await git.line(GitArguments.kind(of: object)) == "tag" else {
      throw signers.refusal(
        "it is a lightweight tag, which nobody can sign", tag: tag, commit: commit, directory)
    }
    let text = try await git.output(GitArguments.text(ofTagObject: object), limit: 1 << 20)
    do throws(TagSigners.Fault) {
      return try await signers.signer(of: SignedTag(text), tag: tag, commit: commit)
    } catch {
      switch error {
      case .port(let error): throw error
      case .tag(let why): throw signers.refusal(why, tag: tag, commit: commit, directory)
      }
    }
  }

  /// Best effort: a tag that stays is refused again.
  func drop(_ tag: String, _ git: Git) async {
    guard let object = (try? await git.object(GitArguments.object(ofTag: tag))) ?? nil else {
      return
    }
    _ = try? await git.run(GitArguments.remove(tag: tag, of: object))
  }
}
