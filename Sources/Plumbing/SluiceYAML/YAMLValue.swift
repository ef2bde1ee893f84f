import SluiceText

/// A value that is asked for its type.
public struct YAMLValue: Sendable {
  public let node: YAMLNode
  public let file: String
  /// For messages: `gateways[2].weight`; empty for the whole file.
  public let name: String

  public init(_ node: YAMLNode, file: String, name: String = "") {
    self.node = node
    self.file = file
    self.name = name
  }

  public var position: YAMLPosition { node.position }

  /// Text, quoted or not: `1.4.2`, `no` and `0755` stay as written.
  public func string() throws(YAMLError) -> String { try scalar().text }

  /// A whole number in plain decimal digits.
  public func integer(in range: ClosedRange<Int> = .min ... .max) throws(YAMLError) -> Int {
    let (text, isPlain) = try scalar()
    let digits = text.utf8.first == 0x2d ? text.utf8.dropFirst() : text.utf8[...]
    let isDecimal =
      digits.allSatisfy { (0x30...0x39).contains($0) }
      && (digits.count == 1 || digits.first != 0x30)
    guard isPlain, isDecimal, let number = Int(text) else {
      throw unexpected(text, "a whole number", "Write plain decimal digits, without quotes.")
    }
    guard range.contains(number) else {
      throw outOfRange(
        text, "\(range.lowerBound)", range.upperBound == .max ? nil : "\(range.upperBound)")
    }
    return number
  }

  /// `true` or `false`, and nothing that only means it.
  public func boolean() throws(YAMLError) -> Bool {
    let (text, isPlain) = try scalar()
    switch (text, isPlain) {
    case ("true", true): return true
    case ("false", true): return false
    default: throw unexpected(text, "true or false", "Write true or false, without quotes.")
    }
  }

  /// `500ms`, `10s`, `10m`, `1h30m` in milliseconds.
  public func duration(in range: ClosedRange<Int64> = 0...DurationText.longestMilliseconds)
    throws(YAMLError) -> Int64
  {
    let text = try scalar().text
    guard let milliseconds = DurationText.milliseconds(text) else {
      throw unexpected(text, "a duration", DurationText.remedy)
    }
    guard range.contains(milliseconds) else {
      throw outOfRange(
        text, DurationText.text(milliseconds: range.lowerBound),
        DurationText.text(milliseconds: range.upperBound))
    }
    return milliseconds
  }

  /// `5%`, `12.5%` in basis points (hundredths of a percent).
  public func percent(in range: ClosedRange<Int> = 0...10_000) throws(YAMLError) -> Int {
    let text = try scalar().text
    guard let basisPoints = PercentText.basisPoints(text) else {
      throw unexpected(
        text, "a percentage", "Write a number with at most two decimals and a %: 5%, 12.5%.")
    }
    guard range.contains(basisPoints) else {
      throw outOfRange(
        text, PercentText.text(basisPoints: range.lowerBound),
        PercentText.text(basisPoints: range.upperBound))
    }
    return basisPoints
  }

  /// One of the cases, by its raw value.
  public func enumeration<Choice>(of type: Choice.Type = Choice.self) throws(YAMLError) -> Choice
  where Choice: RawRepresentable & CaseIterable, Choice.RawValue == String {
    let text = try scalar().text
    if let choice = Choice(rawValue: text) { return choice }
    let names = Choice.allCases.map(\.rawValue)
    let nearest = EditDistance.nearest(to: text, among: names).map { "Did you mean \($0)? " } ?? ""
    throw unexpected(
      text, "one of the choices", "\(nearest)It is one of: \(names.joined(separator: ", ")).")
  }

  public func list() throws(YAMLError) -> [YAMLValue] {
    guard case .sequence(let items) = node.content else {
      throw error(
        "\(subject) must be a list, but is \(node.kind)", "Write [a, b] or lines of \"- a\".")
    }
    return items.enumerated().map { YAMLValue($1, file: file, name: "\(name)[\($0)]") }
  }

  public func mapping() throws(YAMLError) -> YAMLMapping {
    guard case .mapping(let entries) = node.content else {
      throw error(
        "\(subject) must be a mapping, but is \(node.kind)",
        "Write lines of \"key: value\" below it.")
    }
    return YAMLMapping(entries, file: file, name: name, position: position)
  }

  /// An error at this value, for a fault that only the reader's caller can find.
  public func error(_ message: String, _ remedy: String) -> YAMLError {
    YAMLError(file: file, position: position, message: message, remedy: remedy)
  }

  private var subject: String { name.isEmpty ? "the file" : PrintableText.escaped(name, limit: 80) }

  private func scalar() throws(YAMLError) -> (text: String, isPlain: Bool) {
    guard case .scalar(let text, let isPlain) = node.content else {
      throw error(
        "\(subject) must be a single value, but is \(node.kind)", "Write one value there.")
    }
    if isPlain && ["", "~", "null", "Null", "NULL"].contains(text) {
      throw error(
        "\(subject) has no value", "Write one, or remove the key; quote a text like \"~\".")
    }
    return (text, isPlain)
  }

  private func unexpected(_ text: String, _ wanted: String, _ remedy: String) -> YAMLError {
    let shown = PrintableText.escaped(text, limit: 60)
    return error("\(subject) must be \(wanted), but is \"\(shown)\"", remedy)
  }

  private func outOfRange(_ text: String, _ low: String, _ high: String?) -> YAMLError {
    let bounds = high.map { "from \(low) to \($0)" } ?? "of at least \(low)"
    return error(
      "\(subject) is \(PrintableText.escaped(text, limit: 60)), which is out of range",
      "Write a value \(bounds).")
  }
}

/// Percentages with at most two decimals.
enum PercentText {
  static func basisPoints(_ text: String) -> Int? {
    guard text.last == "%" else { return nil }
    let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy(isDigits), parts[0].count <= 9 else {
      return nil
    }
    let decimals = parts.count == 2 ? parts[1] : "0"
    guard decimals.count <= 2, let whole = Int(parts[0]), let fraction = Int(decimals) else {
      return nil
    }
    return whole * 100 + (decimals.count == 1 ? fraction * 10 : fraction)
  }

  static func text(basisPoints: Int) -> String {
    let (whole, fraction) = basisPoints.quotientAndRemainder(dividingBy: 100)
    if fraction == 0 { return "\(whole)%" }
    if fraction % 10 == 0 { return "\(whole).\(fraction / 10)%" }
    return "\(whole).\(fraction < 10 ? "0" : "")\(fraction)%"
  }

  private static func isDigits(_ part: Substring) -> Bool {
    !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}
