import CSluiceSystem

/// The users whose processes listen at a TCP port of this machine.
public struct Listeners: Sendable, Hashable {
  public var users: Set<UInt32>
  /// False where the system shows this process only its own account's processes: then an empty
  /// answer proves nothing.
  public var isComplete: Bool

  public init(users: Set<UInt32>, isComplete: Bool) {
    self.users = users
    self.isComplete = isComplete
  }

  /// The listeners that a connection to the address could reach. A name counts as every address.
  public static func at(_ address: SocketAddress) -> Listeners {
    guard case .tcp(let host, let port) = address else {
      return Listeners(users: [], isComplete: false)
    }
    #if os(macOS)
      var users = [UInt32](repeating: 0, count: 64)
      let count = sluice_port_users(port, &users, Int32(users.count))
      return Listeners(
        users: Set(users.prefix(max(0, Int(count)))), isComplete: count >= 0 && geteuid() == 0)
    #else
      var found = Listeners(users: [], isComplete: true)
      for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        guard let text = try? Files.readText(table) else {
          // A machine without IPv6 has no second table.
          if table == "/proc/net/tcp" { found.isComplete = false }
          continue
        }
        found.users.formUnion(users(in: text, host: host, port: port))
      }
      return found
    #endif
  }

  /// Of a table as proc(5) describes it: address and port in hexadecimal, state 0A listens, the
  /// eighth field is the user.
  static func users(in table: String, host: String, port: UInt16) -> Set<UInt32> {
    let wanted = numeric(host)
    var users: Set<UInt32> = []
    for line in table.split(separator: "\n").dropFirst() {
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      guard fields.count > 7, fields[3] == "0A", let user = UInt32(fields[7]) else { continue }
      let parts = fields[1].split(separator: ":")
      guard parts.count == 2, UInt16(parts[1], radix: 16) == port,
        let bytes = Self.bytes(parts[0])
      else { continue }
      if wanted == nil || bytes.allSatisfy({ $0 == 0 }) || bytes == wanted { users.insert(user) }
    }
    return users
  }

  /// Each word of four bytes is written as the processor's number. An IPv4 address mapped into IPv6
  /// is the IPv4 address.
  private static func bytes(_ text: Substring) -> [UInt8]? {
    guard text.utf8.count % 8 == 0 else { return nil }
    var bytes: [UInt8] = []
    var rest = text
    while !rest.isEmpty {
      guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
      withUnsafeBytes(of: word) { bytes += $0 }
      rest = rest.dropFirst(8)
    }
    let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
    return bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes.dropFirst(12)) : bytes
  }

  private static func numeric(_ host: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    var six = in6_addr()
    if inet_pton(AF_INET6, host, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
    return nil
  }
}
