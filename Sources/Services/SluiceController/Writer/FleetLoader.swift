import SluiceCore
import SluiceFleetFile
import SluicePorts
import SluiceSystem
import SluiceYAML

/// Finds and reads `sluice.yaml`.
public enum FleetLoader {
  public static let defaultPath = "sluice.yaml"

  /// Throws `PortError` with file, line and remedy.
  public static func load(_ path: String) throws(PortError) -> Fleet {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try Files.read(path, limit: 1 << 20) } catch {
      guard error.isMissing else { throw PortError(.failed, "\(path) cannot be read: \(error)") }
      throw PortError(
        .failed, "\(path) is not here",
        remedy: "Write one:  sluice init   or name it:  --fleet FILE")
    }
    return try read(bytes, file: path)
  }

  /// - Parameter file: the name for messages.
  public static func read(_ bytes: [UInt8], file path: String) throws(PortError) -> Fleet {
    do throws(YAMLError) { return try FleetFile.read(bytes, file: path) } catch {
      throw PortError(
        .refused, "\(path):\(error.position.line):\(error.position.column): \(error.message)",
        remedy: error.remedy)
    }
  }
}
