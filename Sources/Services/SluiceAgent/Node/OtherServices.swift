import SluiceCore
import SluiceSystem

/// Services of OpenClaw on this host besides the one that `sluice.yaml` names. Two of them fight
/// for one port and one state: one starts while the other is stopped for a swing.
struct OtherServices {
  /// A directory of service definitions, and the names in it.
  struct Listing {
    var folder: String
    var names: [String]
  }

  let declared: ServiceSpec

  /// Where a service of this kind may be defined.
  ///
  /// - Parameter home: of OpenClaw's user; nil: unknown.
  static func folders(of service: ServiceSpec, home: String?) -> [String] {
    switch service {
    case .launchd:
      ["/Library/LaunchDaemons", "/Library/LaunchAgents"]
        + (home.map { ["\($0)/Library/LaunchAgents"] } ?? [])
    case .systemd:
      ["/etc/systemd/system"] + (home.map { ["\($0)/.config/systemd/user"] } ?? [])
    case .process: []
    }
  }

  static func listings(of service: ServiceSpec, home: String?) -> [Listing] {
    folders(of: service, home: home).compactMap { folder in
      (try? Files.names(in: folder)).map { Listing(folder: folder, names: $0) }
    }
  }

  func meaning(_ listings: [Listing]) -> (GatewayAnswer.Level, came: String, means: String) {
    guard let own else { return (.expected, "Sluice starts it", "") }
    let found = listings.flatMap { listing in
      listing.names.sorted().compactMap { name in
        self.name(in: name).map { (name: $0, path: "\(listing.folder)/\(name)") }
      }
    }
    let same = found.filter { $0.name == own }
    let others = found.filter { $0.name != own }
    if same.count > 1 {
      return (
        .fault, "\(own) is defined \(same.count) times",
        "Keep one of them, or they start each other's gateway again and again: "
          + same.map(\.path).joined(separator: ", ")
      )
    }
    if !others.isEmpty {
      return (
        .odd, "\(others.count) besides \(own)",
        "See that they are no second gateway on this port or this state: "
          + others.map(\.path).joined(separator: ", ")
      )
    }
    return (.expected, "only \(own)", "")
  }

  private var own: String? {
    switch declared {
    case .launchd(_, let label, _): label
    case .systemd(let unit): unit
    case .process: nil
    }
  }

  /// The name of a gateway's definition, by its file; nil for every other file, Sluice's own among
  /// them.
  private func name(in file: String) -> String? {
    switch declared {
    case .launchd:
      guard file.hasSuffix(".plist") else { return nil }
      let label = String(file.dropLast(".plist".count))
      if label == own { return label }
      let isOpenClaw = label.hasPrefix("ai.openclaw.") || label.hasPrefix("com.openclaw.")
      let isOther = label.hasPrefix("ai.openclaw.sluice.") || label.hasSuffix(".node")
      return isOpenClaw && !isOther ? label : nil
    case .systemd:
      if file == own { return file }
      return file.hasPrefix("openclaw") && file.hasSuffix(".service") && !file.contains("node")
        ? file : nil
    case .process: return nil
    }
  }
}
