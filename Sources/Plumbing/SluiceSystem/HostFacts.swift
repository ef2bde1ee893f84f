/// Facts about this process, its account and its machine.
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
    ResourceLimit.openFiles.bounds.map { Int(clamping: $0.hard) } ?? 1_024
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
