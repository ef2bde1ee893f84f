import SluiceFoundation
import SluicePorts
import SluiceSystem

/// Which HAProxy Sluice started, kept beside its configuration for the next controller.
struct ProcessRecord: Sendable, Hashable, Codable {
  var schema = "sluice.haproxy/1"
  /// Given to the process in its environment before it is started, so that it is known again even
  /// when the controller dies between the start and the record of it.
  var run: String
  /// Nil until it was started.
  var process: ProcessIdentity?
  /// `HAProxyConfiguration.digest` that it was started with.
  var configuration: String
  /// Where it listens for clients.
  var bind: String

  static func read(_ path: String) throws(PortError) -> ProcessRecord? {
    let bytes: [UInt8]
    do throws(SystemError) { bytes = try Files.read(path) } catch {
      if error.isMissing { return nil }
      throw PortError(.failed, "the record of HAProxy's process cannot be read: \(error)")
    }
    return try decode(bytes, path)
  }

  /// - Parameter path: the file's, for messages.
  static func decode(_ bytes: [UInt8], _ path: String) throws(PortError) -> ProcessRecord {
    do { return try JSONDecoder().decode(ProcessRecord.self, from: Data(bytes)) } catch {
      throw PortError(
        .failed, "\(path) is not a record of HAProxy's process",
        remedy: "Look for a running haproxy, end it if it is Sluice's, and remove the file.")
    }
  }

  func write(_ path: String) throws(PortError) {
    do {
      try Files.replace(path, with: try encoded(), mode: 0o600)
    } catch { throw PortError(.failed, "the record of HAProxy's process is not written: \(error)") }
  }

  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return Array(try encoder.encode(self))
  }
}
