import SluiceCore
import SluicePorts

/// What the evidence of a promotion is called on disk.
enum EvidenceName {
  /// Refuses a name that could leave its directory.
  static func file(for promotion: PromotionID) throws(PortError) -> String {
    let name = promotion.rawValue
    let isPlain = name.utf8.allSatisfy {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "._-".utf8.contains($0)
    }
    guard isPlain, !name.isEmpty, !name.hasPrefix("."), name.utf8.count <= 200 else {
      throw PortError(.refused, "\"\(name)\" cannot name a file of evidence")
    }
    return name
  }
}
