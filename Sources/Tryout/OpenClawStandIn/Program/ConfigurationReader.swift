import SluiceSystem

/// One thing wrong with a configuration: where, and what.
struct ConfigurationIssue: Sendable, Equatable {
  let path: String
  let message: String
}

enum ConfigurationReading: Sendable {
  case valid(Configuration)
  case missing
  case unparsable(ConfigurationIssue)
  case invalid([ConfigurationIssue])

  static func read(_ place: ConfigurationPlace) -> ConfigurationReading {
    let bytes: [UInt8]
    do {
      bytes = try Files.read(SkillPath.resolved(place.path) ?? place.path)
    } catch {
      if error.isMissing { return .missing }
      return .invalid([ConfigurationIssue(path: "<root>", message: "\(error)")])
    }
    do {
      var reader = ConfigurationReader(root: try JSON.parseJSON5(bytes))
      let configuration = reader.configuration(place)
      return reader.issues.isEmpty ? .valid(configuration) : .invalid(reader.issues)
    } catch {
      let message = "JSON5 parse failed: SyntaxError: JSON5: \(Self.reason(error))"
      return .unparsable(ConfigurationIssue(path: "<root>", message: message))
    }
  }

  private static func reason(_ error: any Error) -> String {
    if case DecodingError.dataCorrupted(let context) = error { return context.debugDescription }
    return "invalid input"
  }
}

/// Takes what the stand-in needs out of the JSON and notes what does not fit.
///
/// Unknown keys are refused at the root and in `standin`; below the real one's other sections they
/// are not its business.
private struct ConfigurationReader {
  let root: JSON
  var issues: [ConfigurationIssue] = []

  private static let rootKeys: Set<String> = [
    "$schema", "acp", "agents", "approvals", "audio", "auth", "bindings", "broadcast", "browser",
    "canvasHost", "channels", "cli", "commands", "cron", "diagnostics", "discovery", "env",
    "gateway", "hooks", "logging", "media", "memory", "messages", "meta", "models", "nodeHost",
    "plugins", "secrets", "session", "skills", "standin", "talk", "tools", "ui", "update", "web",
    "wizard",
  ]

  private static let standInKeys: Set<String> = [
    "startMs", "restartInPlaceMs", "restartCooldownMs", "firstSessionExtraMs", "doctorMs",
    "suspensionMs", "links", "version", "maxConcurrent", "webhookDigestPort", "seed",
  ]

  init(root: JSON) { self.root = root }

  mutating func configuration(_ place: ConfigurationPlace) -> Configuration {
    checkKeys("", Self.rootKeys)
    checkKeys("standin", Self.standInKeys)
    _ = choice("gateway.mode", ["local", "remote"])
    let bind = choice("gateway.bind", Configuration.Bind.allCases.map(\.rawValue))
    let token = text("gateway.auth.token")
    if token?.isEmpty ?? true, root.at("gateway.auth.token")?.kind ?? "string" == "string" {
      note("gateway.auth.token", "Invalid input: expected string, received undefined")
    }
    let port = integer("gateway.port", in: 1...65_535)
    var standIn = standIn()
    if let build = place.build { standIn.version = build.version }
    let servesInterface = flag("gateway.http.endpoints.chatCompletions.enabled") ?? true
    return Configuration(
      path: place.path, stateDirectory: place.stateDirectory, port: UInt16(port ?? 18_789),
      bind: bind.flatMap(Configuration.Bind.init) ?? .auto, token: token ?? "",
      trustedProxies: texts("gateway.trustedProxies"),
      extraDirectories: texts("skills.load.extraDirs"), standIn: standIn,
      servesInterface: servesInterface, build: place.build)
  }

  private mutating func standIn() -> Configuration.StandIn {
    var settings = Configuration.StandIn()
    func milliseconds(_ reader: inout Self, _ key: String, _ value: inout Int) {
      if let given = reader.integer("standin.\(key)", in: 0...86_400_000) { value = given }
    }
    milliseconds(&self, "startMs", &settings.startMs)
    milliseconds(&self, "restartInPlaceMs", &settings.restartInPlaceMs)
    milliseconds(&self, "restartCooldownMs", &settings.restartCooldownMs)
    milliseconds(&self, "firstSessionExtraMs", &settings.firstSessionExtraMs)
    milliseconds(&self, "doctorMs", &settings.doctorMs)
    milliseconds(&self, "suspensionMs", &settings.suspensionMs)
    let links = choice("standin.links", Configuration.Links.allCases.map(\.rawValue))
    settings.links = links.flatMap(Configuration.Links.init) ?? settings.links
    settings.version = text("standin.version") ?? settings.version
    settings.maxConcurrent =
      integer("standin.maxConcurrent", in: 1...100_000) ?? settings.maxConcurrent
    if let port = root.at("standin.webhookDigestPort"), port != .null {
      settings.webhookDigestPort =
        integer("standin.webhookDigestPort", in: 1...65_535).map(UInt16.init)
    }
    settings.seed = integer("standin.seed", in: 0...Int.max).map(UInt64.init)
    return settings
  }

  private mutating func checkKeys(_ path: String, _ known: Set<String>) {
    guard let value = path.isEmpty ? root : root.at(path) else { return }
    guard let keys = value.keys else {
      return note(path.isEmpty ? "<root>" : path, expected("object", value))
    }
    for key in keys where !known.contains(key) {
      note(path.isEmpty ? "<root>" : path, "Unrecognized key: \"\(key)\"")
    }
  }

  private mutating func choice(_ path: String, _ allowed: [String]) -> String? {
    guard let text = text(path) else { return nil }
    if allowed.contains(text) { return text }
    let options = allowed.map { "\"\($0)\"" }.joined(separator: "|")
    note(path, "Invalid option: expected one of \(options)")
    return nil
  }

  private mutating func text(_ path: String) -> String? {
    guard let value = root.at(path) else { return nil }
    if value.text == nil { note(path, expected("string", value)) }
    return value.text
  }

  private mutating func flag(_ path: String) -> Bool? {
    guard let value = root.at(path) else { return nil }
    if value.flag == nil { note(path, expected("boolean", value)) }
    return value.flag
  }

  private mutating func integer(_ path: String, in range: ClosedRange<Int>) -> Int? {
    guard let value = root.at(path) else { return nil }
    guard let whole = value.whole.map(Int.init) else {
      note(path, expected("number", value))
      return nil
    }
    if range.contains(whole) { return whole }
    note(path, "Invalid input: expected \(range.lowerBound) to \(range.upperBound)")
    return nil
  }

  private mutating func texts(_ path: String) -> [String] {
    guard let value = root.at(path) else { return [] }
    guard let items = value.items else {
      note(path, expected("array", value))
      return []
    }
    for (index, item) in items.enumerated() where item.text == nil {
      note("\(path).\(index)", expected("string", item))
    }
    return items.compactMap(\.text)
  }

  private mutating func note(_ path: String, _ message: String) {
    issues.append(ConfigurationIssue(path: path, message: message))
  }

  private func expected(_ kind: String, _ value: JSON) -> String {
    "Invalid input: expected \(kind), received \(value.kind)"
  }
}
