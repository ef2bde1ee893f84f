/// How one gateway of a fleet that was run by hand stands against a release, and the steps to the
/// state that its running process proves. A pure function of the host's survey.
public struct HostAdoption: Sendable, Hashable {
  /// By what the host is known to run the release.
  public enum Proof: String, Sendable, Hashable, Codable {
    /// The running process reports the release's marker.
    case process
    /// The files on the disk hash to the lock, and `current` names them. The process reports nothing,
    /// so what it has loaded is not known.
    case content
    case nothing
  }

  /// A step that a person takes.
  public struct Step: Sendable, Hashable {
    public enum Place: String, Sendable, Hashable, Codable { case writer, host }

    public enum Action: Sendable, Hashable {
      case checkOut, place, moveAway, link, build, restart
      /// The gateway does not answer.
      case mend
    }

    public var action: Action
    /// Where the commands are typed.
    public var place: Place
    /// Why, as a sentence.
    public var why: String
    /// In order; empty: no command does it.
    public var commands: [String]
  }

  public let host: HostName
  public let proof: Proof
  /// The tag of the release that the checkout is at; without a known tag the commit, 12 digits; nil
  /// without a checkout.
  public let checkout: String?
  /// The digest of the tree on disk under the release's version, with or without a marker; nil if
  /// there is none that can be hashed.
  public let tree: Digest?
  /// The release that the process reports.
  public let marker: Marker?
  /// In order. A step that depends on an earlier one appears once the earlier one is done. Empty: the
  /// host proves the release.
  public let steps: [Step]

  /// - Parameter tags: of other releases, by commit.
  public init(
    _ host: HostSpec, _ survey: HostSurvey, release: Release, tags: [String: String] = [:]
  ) {
    self.host = host.name
    let slice = survey.slices.first { $0.version == release.lock.skills.version }
    let tree = slice.flatMap { $0.fault == nil ? $0.tree : $0.unmarked }
    self.tree = tree
    marker = survey.gateway?.marker
    checkout = survey.infra.commit.map { commit in
      commit == release.commit ? release.tag : tags[commit] ?? String(commit.prefix(12))
    }
    proof =
      marker == release.marker
      ? .process
      : tree == release.lock.skills.tree && survey.links.current == release.lock.skills.version
        ? .content : .nothing
    steps = AdoptionSteps(host: host, survey: survey, release: release, slice: slice).all
  }
}
