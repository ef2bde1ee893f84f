import SluiceText

/// A command line that was understood.
///
/// Asking for an option or argument that the command does not declare is a mistake in the program,
/// and stops it.
public struct ParsedCommand: Sendable {
  /// The verbs, without the program's name: `["tenants", "add"]`.
  public let path: [String]
  private let level: CommandLevel
  private let given: [String: [String]]
  private let words: [String]

  init(level: CommandLevel, given: [String: [String]], words: [String]) {
    self.path = level.path
    self.level = level
    self.given = given
    self.words = words
  }

  /// Whether the command line contains the option.
  public func isGiven(_ option: String) -> Bool { given[declared(option).name] != nil }

  public func flag(_ option: String) -> Bool { isGiven(option) }

  /// The value given, else the default, else nil.
  public func value(_ option: String) -> String? { values(option).last }

  /// All values of a repeatable option, in order; the default alone when none is given.
  public func values(_ option: String) -> [String] {
    let spec = declared(option)
    precondition(!spec.isFlag, "\(level.title): --\(option) is a flag; ask for it with flag()")
    return given[spec.name] ?? (spec.defaultValue.map { [$0] } ?? [])
  }

  /// The argument's word, nil when it was left out.
  public func argument(_ name: String) -> String? { arguments(name).first }

  /// All words of a repeatable argument, in order.
  public func arguments(_ name: String) -> [String] {
    guard let index = level.arguments.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("\(level.title) declares no argument \(name)")
    }
    let rest = words.dropFirst(index)
    return Array(level.arguments[index].isRepeatable ? rest : rest.prefix(1))
  }

  /// The option's value as a whole number; nil when there is none.
  public func integer(
    _ option: String, in range: ClosedRange<Int> = .min ... .max
  ) throws(UsageError) -> Int? {
    guard let text = value(option) else { return nil }
    let isPlain = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2d }
    guard isPlain, let number = Int(text) else {
      throw refusal(of: option, "is not a whole number", "Write digits only.")
    }
    guard range.contains(number) else {
      let low = "\(range.lowerBound)"
      let high = range.upperBound == .max ? nil : "\(range.upperBound)"
      throw outOfRange(option, low, high)
    }
    return number
  }

  /// An error about this command line that only the command itself can find.
  public func usageError(_ what: String, remedy: String) -> UsageError {
    level.error(what, remedy)
  }

  private func outOfRange(_ option: String, _ low: String, _ high: String?) -> UsageError {
    let bounds = high.map { "from \(low) to \($0)" } ?? "of at least \(low)"
    return refusal(of: option, "is out of range", "Write a value \(bounds).")
  }

  private func refusal(of option: String, _ reason: String, _ remedy: String) -> UsageError {
    let shown = CommandLevel.shown(value(option) ?? "")
    return level.error("--\(option) \(shown) \(reason)", remedy)
  }

  private func declared(_ option: String) -> OptionSpec {
    guard let spec = level.allOptions.first(where: { $0.name == option }) else {
      preconditionFailure("\(level.title) declares no option --\(option)")
    }
    return spec
  }
}
