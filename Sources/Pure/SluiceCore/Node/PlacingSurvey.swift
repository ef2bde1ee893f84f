/// What placing a release on a host would meet, as its agent finds it without the network.
public struct PlacingSurvey: Sendable, Hashable, Codable {
  /// A disk that placing writes to.
  public struct Room: Sendable, Hashable, Codable {
    /// The first of the directories on it.
    public var path: String
    public var freeBytes: Int64
    /// How often the pack lies there while it is placed: fetched, unpacked, and as a slice.
    public var copies: Int
    /// Whether a copy of OpenClaw's state would lie on it, too.
    public var holdsState: Bool

    public init(path: String, freeBytes: Int64, copies: Int, holdsState: Bool) {
      self.path = path
      self.freeBytes = freeBytes
      self.copies = copies
      self.holdsState = holdsState
    }
  }

  /// What the host's own look at the tag's signature came to. Both are nil where the tag is not there
  /// yet: it is looked at when it comes.
  public struct Signature: Sendable, Hashable, Codable {
    /// The principal whose key signed.
    public var signer: String?
    /// Why the host takes no such tag, with what to do about it.
    public var fault: String?

    public init(signer: String? = nil, fault: String? = nil) {
      self.signer = signer
      self.fault = fault
    }
  }

  public var tag: String
  /// The commit that the tag names in the host's checkout; nil: the tag is not there yet.
  public var tagCommit: String?
  /// Where a tag that is not there would be fetched from; nil when the checkout has no remote.
  public var remote: String?
  public var rooms: [Room]
  /// Nil where the host asks for none, or its agent is older than signatures.
  public var signature: Signature?

  public init(
    tag: String, tagCommit: String?, remote: String?, rooms: [Room], signature: Signature? = nil
  ) {
    self.signature = signature
    self.tag = tag
    self.tagCommit = tagCommit
    self.remote = remote
    self.rooms = rooms
  }
}
