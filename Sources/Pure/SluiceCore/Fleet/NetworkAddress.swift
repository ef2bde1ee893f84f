/// An IP address as bits: two spellings of an address are equal. An IPv4 address in IPv6 form
/// (`::ffff:10.0.0.1`, from a dual-stack socket) equals the IPv4 address.
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

  /// This machine itself: `127.0.0.1` and `::1`. `probe_from` must name any other address of
  /// 127.0.0.0/8.
  public var isLoopback: Bool {
    bytes == [127, 0, 0, 1] || bytes == [UInt8](repeating: 0, count: 15) + [1]
  }

  private static func four(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      // No leading zeros, because some programs read them as octal.
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

  /// The bytes of the text on one side of `::`. The last group of the address may be an IPv4
  /// address.
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

/// A single address, or all addresses with the same leading bits: `10.0.0.5`, `10.0.0.0/24`,
/// `fd00::/8`.
public struct Network: Sendable, Hashable {
  public let address: NetworkAddress
  /// The number of leading bits.
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
    // 10.0.0.5/24 is more likely a mistake than an intention.
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
  /// The addresses that may read the details of an agent's probe, besides the host itself: those in
  /// `probe_from`, and the balancer's own address if `balancer.bind` names one.
  public var probeAudience: ProbeAudience {
    var networks = (probeFrom ?? []).compactMap { Network($0) }
    if let bind = balancer.bind, let colon = bind.lastIndex(of: ":") {
      let host = bind[..<colon].filter { $0 != "[" && $0 != "]" }
      // 0.0.0.0 and :: mean every address of the balancer's machine and identify none.
      if let own = Network(host), own.address.bytes.contains(where: { $0 != 0 }) {
        networks.append(own)
      }
    }
    return ProbeAudience(networks: networks)
  }
}

/// The addresses that may read the details of a probe.
public struct ProbeAudience: Sendable, Hashable {
  public var networks: [Network]

  public init(networks: [Network]) { self.networks = networks }

  /// - Parameter address: of the peer, as text; nil: the connection has no address.
  public func contains(_ address: String?) -> Bool {
    guard let address else { return true }
    guard let address = NetworkAddress(address) else { return false }
    return address.isLoopback || networks.contains { $0.contains(address) }
  }
}
