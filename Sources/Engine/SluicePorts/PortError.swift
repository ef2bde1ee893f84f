import SluiceCore

/// Why a port could not do its work.
public struct PortError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
  public enum Kind: String, Sendable, Hashable, Codable {
    /// Nothing was reached, so nothing was done.
    case unreachable
    /// The work may have been done; only a query can show it (ssh's 255, a deadline, a closed
    /// connection).
    case unknown
    /// Refused; nothing was done.
    case refused
    /// A higher epoch has been seen: another writer has taken over.
    case fenced
    /// The work was tried and failed; the message says how far it came.
    case failed
    /// No room on the disk.
    case outOfSpace
    /// Durable data differs from what was written: another program changed it.
    case altered
  }

  public var kind: Kind
  /// The event and its place.
  public var message: String
  /// The remedy.
  public var remedy: String?

  public init(_ kind: Kind, _ message: String, remedy: String? = nil) {
    self.kind = kind
    self.message = message
    self.remedy = remedy
  }

  public var description: String { remedy.map { "\(message)\n        \($0)" } ?? message }
}

extension PortError {
  /// The peer answered another query.
  ///
  /// - Parameter wanted: the expected answer, `a survey`.
  public static func unexpected(_ who: String, wanted: String) -> PortError {
    PortError(
      .failed, "\(who) answered something else than \(wanted)",
      remedy: "Run the same version of Sluice on the writer and on every host.")
  }

  /// Cut to the limits for text from another machine or program.
  public var heard: PortError {
    PortError(kind, Speech.text(message), remedy: remedy.map { Speech.text($0) })
  }
}
