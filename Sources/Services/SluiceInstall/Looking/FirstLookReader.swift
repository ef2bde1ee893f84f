import SluiceCore
import SluicePorts

/// Reads the output of `FirstLookScript`. The output comes from another machine: unknown keys, values
/// of another form and all text outside of the frame are left out.
public enum FirstLookReader {
  public static func read(_ answer: ShellAnswer) -> LookResult {
    guard let values = LookFrame.values(in: answer.output) else {
      return .unseen(
        "no shell answered the first look to its end: \(LookFrame.firstWords(of: answer))")
    }
    var look = FirstLook()
    for (key, value) in values where !value.isEmpty { take(key, value, &look) }
    return .seen(look)
  }

  private static func take(_ key: String, _ value: String, _ look: inout FirstLook) {
    switch key {
    case "system": look.system = word(value)
    case "machine": look.machine = word(value)
    case "user": look.user = word(value)
    case "home": look.home = path(value)
    case "address": look.address = NetworkAddress(value) == nil ? nil : value
    case "peer": look.peer = NetworkAddress(value) == nil ? nil : value
    case "openclaw": look.openclaw = path(value)
    case "openclaw_version": look.openclawVersion = version(value)
    case "haproxy": look.haproxy = path(value)
    case "haproxy_version": look.haproxyVersion = version(value)
    case "sluice": look.sluice = path(value)
    case "token_file": look.tokenFile = path(value)
    case "skills": look.skills = path(value)
    case "tenants": look.tenants = path(value)
    case "infra": look.infra = path(value)
    case "builds": look.builds = path(value)
    case "launchd", "systemd":
      if look.services.count < 20, let service = service(key, value) {
        look.services.append(service)
      }
    case "listener":
      if look.listeners.count < 20, let address = listener(value) { look.listeners.append(address) }
    default: break
    }
  }

  /// `domain|label|plist|pid|user`, or `scope|unit|pid|user`.
  private static func service(_ kind: String, _ value: String) -> GatewayService? {
    let parts = value.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    let pid = parts.dropLast().last.flatMap { Int32($0) } ?? 0
    let user = parts.last.flatMap { word($0) }
    if kind == "launchd", parts.count == 5, let domain = word(parts[0]), let label = word(parts[1]),
      let plist = path(parts[2])
    {
      return GatewayService(
        .launchd(domain: domain, label: label, plist: plist), isRunning: pid > 0, user: user)
    }
    if kind == "systemd", parts.count == 4, ["system", "user"].contains(parts[0]),
      let unit = word(parts[1])
    {
      return GatewayService(
        .systemd(unit: unit, isUser: parts[0] == "user"), isRunning: pid > 0, user: user)
    }
    return nil
  }

  /// `*:18789` of lsof and `0.0.0.0%lo:18789` of ss included.
  private static func listener(_ value: String) -> String? {
    guard let colon = value.lastIndex(of: ":"),
      let port = UInt16(value[value.index(after: colon)...]), port > 0
    else { return nil }
    let host = value[..<colon].prefix { $0 != "%" }.filter { $0 != "[" && $0 != "]" }
    if host == "*" || host.isEmpty { return "*:\(port)" }
    guard NetworkAddress(String(host)) != nil else { return nil }
    return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  /// The first word of a program's version line that is a version.
  private static func version(_ value: String) -> String? {
    let words = value.split { $0 == " " || $0 == "," }
    let bare = words.prefix(12).lazy.map { word in
      (word.first == "v" ? word.dropFirst() : word).prefix { $0 != "+" }
    }
    return bare.first { word in
      let numbers = word.split(separator: ".", omittingEmptySubsequences: false)
      return numbers.count >= 2 && word.utf8.count <= 40 && word.utf8.first.map(isDigit) == true
        && word.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == 0x2E || $0 == 0x2D }
    }.map(String.init)
  }

  private static func word(_ value: String) -> String? {
    let isWord = value.utf8.allSatisfy { byte in
      isDigit(byte) || isLetter(byte) || Array("._-+@/:".utf8).contains(byte)
    }
    guard isWord, !value.isEmpty, value.utf8.count <= 200 else { return nil }
    return SecretScan.reason(value: value) == nil ? value : nil
  }

  private static func path(_ value: String) -> String? {
    guard value.hasPrefix("/"), value.utf8.count > 1, !value.pathParts.contains(".."),
      value.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else { return nil }
    return SecretScan.reason(value: value) == nil ? value : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
