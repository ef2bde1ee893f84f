import CSluiceSystem

/// What this process knows of its machine, its user and itself.
public enum HostFacts {
  /// The host's name as it is set, without asking the network.
  public static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    let name = buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    return String(decoding: name, as: UTF8.self)
  }

  /// The name of the user whose rights the process has; the number where there is no name.
  public static var userName: String { userName(of: geteuid()) ?? String(geteuid()) }

  /// Nil where the user has no name here.
  public static func userName(of user: UInt32) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var names = [CChar](repeating: 0, count: 16384)
    return names.withUnsafeMutableBufferPointer { names in
      guard let base = names.baseAddress,
        getpwuid_r(user, &entry, base, names.count, &found) == 0, found != nil,
        let name = entry.pw_name
      else { return nil }
      return String(cString: name)
    }
  }

  /// The numbers of an account and of its own group; nil where this machine knows no such account.
  public static func account(_ name: String) -> (user: UInt32, group: UInt32)? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var names = [CChar](repeating: 0, count: 16384)
    return names.withUnsafeMutableBufferPointer { names in
      guard let base = names.baseAddress,
        getpwnam_r(name, &entry, base, names.count, &found) == 0, found != nil
      else { return nil }
      return (entry.pw_uid, entry.pw_gid)
    }
  }

  /// Processors in use.
  public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// How many descriptors a program that this process starts may have at the most: the hard limit.
  public static var descriptorLimit: Int {
    var limit = rlimit()
    #if os(Linux)
      let kind = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
    #else
      let kind = RLIMIT_NOFILE
    #endif
    guard getrlimit(kind, &limit) == 0 else { return 1_024 }
    return Int(clamping: limit.rlim_max)
  }

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

  /// The absolute path of the running program; its first argument where that cannot be told.
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

  /// The number of this process.
  public static var processIdentifier: Int32 { getpid() }

  /// The user ID whose rights the process has.
  public static var userIdentifier: UInt32 { geteuid() }

  /// Those of the named variables of this process's environment that are set.
  public static func environment(_ names: [String]) -> [String: String] {
    var found: [String: String] = [:]
    for name in names {
      if let value = getenv(name) { found[name] = String(cString: value) }
    }
    return found
  }

  /// Absolute; "/" when it was removed under this process.
  public static var workingDirectory: String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }
}
