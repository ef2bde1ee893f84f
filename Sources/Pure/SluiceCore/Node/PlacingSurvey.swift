/// The conditions for placing a release on a host, as its agent finds them without the network.
public struct PlacingSurvey: Sendable, Hashable, Codable {
  /// A disk that placing writes to.
  public struct Room: Sendable, Hashable, Codable {
    /// The first of the directories on the disk.
    public var path: String
    public var freeBytes: Int64
    /// The number of copies of the pack on the disk while placing: fetched, unpacked, and as a
    /// slice.
    public var copies: Int
    /// Whether a copy of OpenClaw's state would also need room on the disk.
    public var holdsState: Bool

    public init(path: String, freeBytes: Int64, copies: Int, holdsState: Bool) {
      self.path = path
      self.freeBytes = freeBytes
      self.copies = copies
      self.holdsState = holdsState
    }
  }

  /// The result of the host's check of the tag's signature. Both are nil while the host does not
  /// have the tag; the host checks the tag when it arrives.
  public struct Signature: Sendable, Hashable, Codable {
    /// The principal whose key signed.
    public var signer: String?
    /// Why the host refuses the tag, with the remedy.
    public var fault: String?

    public init(signer: String? = nil, fault: String? = nil) {
      self.signer = signer
      self.fault = fault
    }
  }

  public var tag: String
  /// The commit that the tag names in the host's checkout; nil: the checkout does not have the tag
  /// yet.
  public var tagCommit: String?
  /// The remote that a missing tag would come from; nil if the checkout has no remote.
  public var remote: String?
  public var rooms: [Room]
  /// Nil if the host requires no signature, or its agent is older than signatures.
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
