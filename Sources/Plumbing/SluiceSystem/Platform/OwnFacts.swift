import CSluiceSystem

// Facts of the system about this process and this boot: Linux in /proc, macOS by calls.
extension HostFacts {
  /// Bytes of memory that this process holds now; 0 when that is not known.
  public static var residentBytes: Int64 {
    #if os(macOS)
      return sluice_resident_bytes()
    #else
      guard let text = try? Files.readText("/proc/self/statm", limit: 4096) else { return 0 }
      let fields = text.split(separator: " ")
      guard fields.count > 1, let pages = Int64(fields[1]) else { return 0 }
      return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    #endif
  }

  /// The absolute path of the running program; its first argument where the path is unknown.
  public static func executablePath() -> String {
    #if os(macOS)
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      if sluice_executable_path(&buffer, buffer.count) == 0, let real = realpath(buffer, nil) {
        defer { free(real) }
        return String(cString: real)
      }
    #else
      if let path = try? Files.linkTarget(of: "/proc/self/exe") { return path }
    #endif
    return CommandLine.arguments.first ?? ""
  }
}

extension SystemClock {
  /// Names this boot of the machine.
  public static func bootIdentifier() -> String {
    #if os(macOS)
      var text = [CChar](repeating: 0, count: 64)
      guard sluice_boot_session(&text, text.count) == 0 else { return "unknown" }
      return String(
        decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    #else
      guard let text = try? Files.readText("/proc/sys/kernel/random/boot_id", limit: 128) else {
        return "unknown"
      }
      return String(text.prefix(36))
    #endif
  }
}
