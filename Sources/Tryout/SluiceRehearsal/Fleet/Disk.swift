import SluicePorts
import SluiceSystem

/// The rehearsal's own writing: whatever fails says so as a `PortError`.
enum Disk {
  static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(PortError) {
    try translating { () throws(SystemError) in try Files.makeDirectory(path, mode: mode) }
  }

  /// With the directories above it; a rehearsal's files need not survive a loss of power.
  static func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws(PortError) {
    let parent = "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    try translating { () throws(SystemError) in
      try Files.makeDirectory(parent)
      try Files.replace(path, with: Array(text.utf8), mode: mode, durable: false)
    }
  }

  static func read(_ path: String) throws(PortError) -> [UInt8]? {
    try translating { () throws(SystemError) in
      try Files.status(of: path) == nil ? nil : try Files.read(path)
    }
  }

  static func translating<Value>(
    _ body: () throws(SystemError) -> Value
  ) throws(PortError) -> Value {
    do { return try body() } catch {
      throw PortError(
        error.isOutOfSpace ? .outOfSpace : .failed, error.description,
        remedy: error.isOutOfSpace ? "Free some space there, or rehearse elsewhere: --dir." : nil)
    }
  }
}
