import SluicePorts
import SluiceSystem

/// `openclaw.environment_file`: lines `NAME=value` for OpenClaw's command line and for a gateway
/// that Sluice starts as a process. The agent reads the file on its host; no value leaves the host
/// or appears in a message.
enum EnvironmentFile {
  private static let limit = 64 << 10

  /// Reads a regular file that only its owner may use.
  static func read(_ path: String) throws(PortError) -> [String: String] {
    let status: FileStatus?
    let bytes: [UInt8]
    do throws(SystemError) {
      status = try Files.status(of: path)
      bytes = status?.kind == .regular ? try Files.read(path, limit: limit) : []
    } catch {
      throw refusal(error.description, "Let the agent's user own it, with mode 0600.")
    }
    guard let status, status.kind == .regular else {
      throw refusal("\(path) is no regular file", "Write NAME=value lines into it, mode 0600.")
    }
    guard status.mode & 0o077 == 0 else {
      throw refusal("others than its owner may use \(path)", "chmod 600 \(path)")
    }
    return try parse(bytes, path)
  }

  static func parse(_ bytes: [UInt8], _ path: String) throws(PortError) -> [String: String] {
    var found: [String: String] = [:]
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let line = line.last == 0x0D ? line.dropLast() : line
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      let name = line.prefix { $0 != UInt8(ascii: "=") }
      guard name.count < line.count, isName(name), !line.contains(0) else {
        throw refusal(
          "\(path):\(index + 1) is not NAME=value",
          "Write one variable a line, without export and quotes.")
      }
      let key = String(decoding: name, as: UTF8.self)
      guard found[key] == nil else {
        throw refusal("\(path):\(index + 1) names \(key) a second time", "Keep one of the two.")
      }
      found[key] = String(decoding: line.dropFirst(name.count + 1), as: UTF8.self)
    }
    return found
  }

  private static func isName(_ name: some Collection<UInt8>) -> Bool {
    guard let first = name.first, !(0x30...0x39).contains(first) else { return false }
    return name.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
        || $0 == 0x5F
    }
  }

  private static func refusal(_ message: String, _ remedy: String) -> PortError {
    PortError(.refused, message, remedy: remedy)
  }
}
