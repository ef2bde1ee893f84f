/// The tenants' fragments in one place, a host's or the writer's checkout: every file's digest, and
/// every fault.
public struct FragmentSurvey: Sendable, Hashable, Codable {
  /// The maximum of faults that a survey tells; the last fault says how many more there are.
  public static let mostFaults = 50

  /// By tenant, then by path in the tenant's directory. Only sound fragments stand here.
  public var files: [String: [String: Digest]]
  public var faults: [FragmentFault]

  public init(files: [String: [String: Digest]] = [:], faults: [FragmentFault] = []) {
    self.files = files
    self.faults = faults
  }

  /// By tenant, as the lock pins them.
  public var digests: [String: Digest] { files.mapValues(Self.digest) }

  /// Over `<hex sha256>  <path>\n` of every file, sorted by the path's bytes, as for a skill tree.
  public static func digest(of files: [String: Digest]) -> Digest {
    let lines = files.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\($0.value.hex)  \($0.key)\n" }
    return Digest(of: Array(lines.joined().utf8))
  }
}

/// A fragment that differs between two places.
public struct FragmentDifference: Sendable, Hashable {
  public let tenant: String
  /// In the tenant's directory: `skills.d/10-canary.yaml`.
  public let path: String
  /// Nil: the file is missing there.
  public let wanted: Digest?
  /// Nil: the file is missing there.
  public let found: Digest?

  /// In the byte order of tenants and paths; empty when both places are equal.
  ///
  /// - Parameters:
  ///   - tenant: only this tenant; nil: all.
  public static func between(
    wanted: [String: [String: Digest]], found: [String: [String: Digest]], tenant: String? = nil
  ) -> [FragmentDifference] {
    let tenants = Set(wanted.keys).union(found.keys).filter { tenant == nil || $0 == tenant }
    return tenants.sorted().flatMap { tenant in
      let (there, here) = (wanted[tenant] ?? [:], found[tenant] ?? [:])
      return Set(there.keys).union(here.keys)
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        .filter { there[$0] != here[$0] }
        .map {
          FragmentDifference(tenant: tenant, path: $0, wanted: there[$0], found: here[$0])
        }
    }
  }

  /// `acme/skills.d/10-canary.yaml is missing`, without its full stop.
  ///
  /// - Parameter place: where the wanted file lies.
  public func words(than place: String) -> String {
    let file = "\(tenant)/\(path)"
    switch (wanted, found) {
    case (_, nil): return "\(file) is missing"
    case (nil, let found?): return "\(file) (\(found.short)) is not on \(place)"
    case (let wanted?, let found?):
      return "\(file) is \(found.short), on \(place) \(wanted.short)"
    }
  }
}
