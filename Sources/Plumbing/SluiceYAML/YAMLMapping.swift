import SluiceText

/// A mapping that knows which keys it was asked for.
///
/// Ask for every key that is allowed, there or not, then call `finish()`: it refuses the rest.
public final class YAMLMapping {
  public let file: String
  /// For messages: `gateways[2]`; empty for the whole file.
  public let name: String
  public let position: YAMLPosition
  private let entries: [YAMLEntry]
  /// In the order of asking, for messages; and to look up, since a hostile file has many keys.
  private var asked: [String] = []
  private var known: Set<String> = []

  /// The mapping that a whole file is.
  public static func root(of node: YAMLNode, file: String) throws(YAMLError) -> YAMLMapping {
    try YAMLValue(node, file: file).mapping()
  }

  init(_ entries: [YAMLEntry], file: String, name: String, position: YAMLPosition) {
    self.entries = entries
    self.file = file
    self.name = name
    self.position = position
  }

  /// The value, or nil when the key is not there.
  public func optional(_ key: String) -> YAMLValue? {
    if known.insert(key).inserted { asked.append(key) }
    return entries.first { $0.key == key }.map(value)
  }

  /// The value; an error names the key's probable misspelling.
  public func required(_ key: String) throws(YAMLError) -> YAMLValue {
    if let value = optional(key) { return value }
    let typed = entries.filter { !known.contains($0.key) }
    let mistyped = typed.first { EditDistance.nearest(to: $0.key, among: [key]) != nil }
    guard let mistyped else {
      throw error("\(path(key)) is missing", "Add \"\(key): …\".")
    }
    throw YAMLError(
      file: file, position: mistyped.keyPosition,
      message: "\(path(key)) is missing, and \(Self.shown(mistyped.key)) is unknown",
      remedy: "Did you mean \"\(key)\"?")
  }

  /// Every entry, in the file's order, for a mapping whose keys are names. Then all keys are known.
  public func all() -> [(key: String, keyPosition: YAMLPosition, value: YAMLValue)] {
    asked = entries.map(\.key)
    known = Set(asked)
    return entries.map { ($0.key, $0.keyPosition, value($0)) }
  }

  /// Refuses the first key that no reader asked for.
  public func finish() throws(YAMLError) {
    guard let unknown = entries.first(where: { !known.contains($0.key) }) else { return }
    let missing = asked.filter { key in !entries.contains { $0.key == key } }
    let nearest = EditDistance.nearest(to: unknown.key, among: missing + asked)
    let hint = nearest.map { "Did you mean \"\($0)\"? " } ?? ""
    let place = name.isEmpty ? "" : " in \(PrintableText.escaped(name, limit: 80))"
    throw YAMLError(
      file: file, position: unknown.keyPosition,
      message: "unknown key \(Self.shown(unknown.key))\(place)",
      remedy: "\(hint)Allowed: \(asked.joined(separator: ", ")).")
  }

  /// An error at the mapping as a whole.
  public func error(_ message: String, _ remedy: String) -> YAMLError {
    YAMLError(file: file, position: position, message: message, remedy: remedy)
  }

  private func value(_ entry: YAMLEntry) -> YAMLValue {
    YAMLValue(entry.value, file: file, name: path(entry.key))
  }

  private func path(_ key: String) -> String { name.isEmpty ? key : "\(name).\(key)" }

  private static func shown(_ key: String) -> String {
    "\"\(PrintableText.escaped(key, limit: 60))\""
  }
}

/// Shorthand for a key that must be there. For one that may be missing:
/// `try mapping.optional("hold")?.duration() ?? 600_000`.
extension YAMLMapping {
  public func string(_ key: String) throws(YAMLError) -> String { try required(key).string() }

  public func optionalString(_ key: String) throws(YAMLError) -> String? {
    try optional(key)?.string()
  }

  public func integer(
    _ key: String, in range: ClosedRange<Int> = .min ... .max
  ) throws(YAMLError) -> Int {
    try required(key).integer(in: range)
  }

  public func boolean(_ key: String) throws(YAMLError) -> Bool { try required(key).boolean() }

  /// Milliseconds.
  public func duration(
    _ key: String, in range: ClosedRange<Int64> = 0...DurationText.longestMilliseconds
  ) throws(YAMLError) -> Int64 {
    try required(key).duration(in: range)
  }

  /// Basis points.
  public func percent(
    _ key: String, in range: ClosedRange<Int> = 0...10_000
  ) throws(YAMLError) -> Int {
    try required(key).percent(in: range)
  }

  public func enumeration<Choice>(
    _ key: String, of type: Choice.Type = Choice.self
  ) throws(YAMLError) -> Choice
  where Choice: RawRepresentable & CaseIterable, Choice.RawValue == String {
    try required(key).enumeration(of: type)
  }

  public func list(_ key: String) throws(YAMLError) -> [YAMLValue] { try required(key).list() }

  /// A list of texts, empty when the key is not there.
  public func strings(_ key: String) throws(YAMLError) -> [String] {
    var strings: [String] = []
    for item in try optional(key)?.list() ?? [] { strings.append(try item.string()) }
    return strings
  }

  public func mapping(_ key: String) throws(YAMLError) -> YAMLMapping {
    try required(key).mapping()
  }
}
