import SluiceCore
import SluicePorts

/// Names of a pack that mean two things on one host and one thing on another: macOS takes names
/// that differ only by case or by Unicode form for the same one, Linux does not.
enum PackNames {
  /// The first fault by the order of the paths, if there is one.
  static func check(_ manifest: SkillManifest, root: String) throws(PortError) {
    var seen: [String: [UInt8]] = [:]
    let marker = folded(Marker.skillName)
    for entry in manifest.entries {
      var path: [UInt8] = []
      var key = ""
      for part in entry.path.pathParts {
        if !path.isEmpty { path.append(UInt8(ascii: "/")) }
        path += Array(part.utf8)
        key += "/" + folded(part)
        if key == "/" + marker {
          throw PortError(
            .refused, "\(root)/\(part) is part of the pack",
            remedy: "That name, in any case, belongs to Sluice's marker: rename it.")
        }
        if folded(part) == ".git" {
          throw PortError(
            .refused, "\(root)/\(String(decoding: path, as: UTF8.self)) is part of the pack",
            remedy:
              "Its folder is a git repository of its own, of which a commit of the pack holds "
              + "no file: remove its .git, or copy its files to elsewhere in the pack.")
        }
        guard let other = seen.updateValue(path, forKey: key), other != path else { continue }
        let names = (String(decoding: other, as: UTF8.self), String(decoding: path, as: UTF8.self))
        throw PortError(
          .refused,
          "\(root) holds \(shown(names.0)) and \(shown(names.1)), which differ only by case or by "
            + "how their letters are composed",
          remedy: "macOS takes the two for one: rename or remove one of them.")
      }
    }
  }

  /// Names that differ only by case or by Unicode form fold to the same text.
  static func folded(_ name: some StringProtocol) -> String {
    var folded = String.UnicodeScalarView()
    for scalar in String(name).unicodeScalars where !isIgnored(scalar) {
      // Up and down again: ß and SS, ς and σ are the same without case.
      for upper in scalar.properties.uppercaseMapping.unicodeScalars {
        folded.append(contentsOf: upper.properties.lowercaseMapping.unicodeScalars)
      }
    }
    // A text equals another of the same letters, however they are composed.
    return String(folded)
  }

  /// HFS+ compares names without these.
  private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x200C...0x200F, 0x202A...0x202E, 0x206A...0x206F, 0xFEFF: true
    default: false
    }
  }

  /// With its code points where letters look alike.
  private static func shown(_ path: String) -> String {
    guard path.utf8.contains(where: { $0 >= 0x80 }) else { return path }
    let points = path.unicodeScalars.filter { !$0.isASCII }
      .map { "U+" + String($0.value, radix: 16, uppercase: true) }
    return "\(path) (\(points.joined(separator: " ")))"
  }
}
