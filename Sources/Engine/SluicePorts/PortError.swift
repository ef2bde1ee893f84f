import SluiceCore

/// Why a port could not do what it was asked.
public struct PortError: Error, Sendable, Hashable, Codable, CustomStringConvertible {
  public enum Kind: String, Sendable, Hashable, Codable {
    /// Nothing was reached, so nothing was done.
    case unreachable
    /// It may have been done: only a look can tell (ssh's 255, a deadline, a closed connection).
    case unknown
    /// It was refused, and nothing was done.
    case refused
    /// A higher epoch has been seen: another writer took over.
    case fenced
    /// It was tried and did not work; the message says how far it came.
    case failed
    /// No room on the disk.
    case outOfSpace
    /// What was durable is not as it was written: somebody else changed it.
    case altered
  }

  public var kind: Kind
  /// What happened, and where.
  public var message: String
  /// What to do about it.
  public var remedy: String?

  public init(_ kind: Kind, _ message: String, remedy: String? = nil) {
    self.kind = kind
    self.message = message
    self.remedy = remedy
  }

  public var description: String { remedy.map { "\(message)\n        \($0)" } ?? message }
}

extension PortError {
  /// Somebody answered another question than the one that was asked.
  ///
  /// - Parameter wanted: what was asked for, `a survey`.
  public static func unexpected(_ who: String, wanted: String) -> PortError {
    PortError(
      .failed, "\(who) answered something else than \(wanted)",
      remedy: "Run the same version of Sluice on the writer and on every host.")
  }

  /// As it is taken from another machine or program.
  public var heard: PortError {
    PortError(kind, Speech.text(message), remedy: remedy.map { Speech.text($0) })
  }
}
