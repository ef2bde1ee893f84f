/// An IP address, as its bits: two texts of the same address are equal. An IPv4 address that is
/// written as an IPv6 one (`::ffff:10.0.0.1`, as a socket for both kinds shows it) is the IPv4 one.
public struct NetworkAddress: Sendable, Hashable {
  /// 4 or 16.
  public let bytes: [UInt8]

  private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

  public init?(_ text: String) {
    if let four = Self.four(text[...]) {
      bytes = four
      return
    }
    guard let six = Self.six(text) else { return nil }
    bytes = six.starts(with: Self.mapped) ? Array(six.dropFirst(Self.mapped.count)) : six
  }

  /// This machine itself: `127.0.0.1` and `::1`. The rest of 127.0.0.0/8 has to be named.
  public var isLoopback: Bool {
    bytes == [127, 0, 0, 1] || bytes == [UInt8](repeating: 0, count: 15) + [1]
  }

  private static func four(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      // Without leading zeros, which some read as octal.
      guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let byte = UInt8(part),
        String(byte) == part
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func six(_ text: String) -> [UInt8]? {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard text.contains(":"), halves.count <= 2, !text.contains(":::") else { return nil }
    var found: [[UInt8]] = []
    for (index, half) in halves.enumerated() {
      guard let bytes = groups(half, isLast: index == halves.count - 1) else { return nil }
      found.append(bytes)
    }
    let count = found.reduce(0) { $0 + $1.count }
    if halves.count == 1 { return count == 16 ? found[0] : nil }
    guard count <= 14 else { return nil }
    return found[0] + [UInt8](repeating: 0, count: 16 - count) + found[1]
  }

  /// Of one half beside `::`; the last group of all may be an IPv4 address.
  private static func groups(_ half: Substring, isLast: Bool) -> [UInt8]? {
    guard !half.isEmpty else { return [] }
    let parts = half.split(separator: ":", omittingEmptySubsequences: false)
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if isLast, index == parts.count - 1, part.contains(".") {
        guard let four = four(part) else { return nil }
        bytes += four
        continue
      }
      guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHexadecimal),
        let group = UInt16(part, radix: 16)
      else { return nil }
      bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
    }
    return bytes
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }
}

/// An address, or all that begin with the same bits: `10.0.0.5`, `10.0.0.0/24`, `fd00::/8`.
public struct Network: Sendable, Hashable {
  public let address: NetworkAddress
  /// How many bits count.
  public let bits: Int

  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let address = NetworkAddress(String(parts[0])) else {
      return nil
    }
    let width = address.bytes.count * 8
    var bits = width
    if parts.count == 2 {
      guard let given = Int(parts[1]), String(given) == parts[1], (0...width).contains(given) else {
        return nil
      }
      bits = given
    }
    self.address = address
    self.bits = bits
    // 10.0.0.5/24 is more likely a slip than meant.
    guard zip(address.bytes, Self.mask(bits, address.bytes.count)).allSatisfy({ $0 & ~$1 == 0 })
    else { return nil }
  }

  public func contains(_ other: NetworkAddress) -> Bool {
    guard other.bytes.count == address.bytes.count else { return false }
    let mask = Self.mask(bits, address.bytes.count)
    return zip(zip(address.bytes, other.bytes), mask).allSatisfy { ($0.0 ^ $0.1) & $1 == 0 }
  }

  private static func mask(_ bits: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { index in
      let left = min(8, max(0, bits - 8 * index))
      return left == 0 ? 0 : 0xFF << UInt8(8 - left)
    }
  }
}

extension Fleet {
  /// Who is told details of an agent's probe, besides the host itself: what `probe_from` names, and
  /// the balancer's own address where `balancer.bind` says which it is.
  public var probeAudience: ProbeAudience {
    var networks = (probeFrom ?? []).compactMap { Network($0) }
    if let bind = balancer.bind, let colon = bind.lastIndex(of: ":") {
      let host = bind[..<colon].filter { $0 != "[" && $0 != "]" }
      // 0.0.0.0 and :: are every address of that machine, and so none to know it by.
      if let own = Network(host), own.address.bytes.contains(where: { $0 != 0 }) {
        networks.append(own)
      }
    }
    return ProbeAudience(networks: networks)
  }
}

/// The addresses that an agent tells details.
public struct ProbeAudience: Sendable, Hashable {
  public var networks: [Network]

  public init(networks: [Network]) { self.networks = networks }

  /// - Parameter address: of the other side, in text; nil: it came by a way that has none.
  public func contains(_ address: String?) -> Bool {
    guard let address else { return true }
    guard let address = NetworkAddress(address) else { return false }
    return address.isLoopback || networks.contains { $0.contains(address) }
  }
}
