import SluiceText

/// The command line cannot be meant as it is written. The caller's exit code for it is 64.
public struct UsageError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The fault, one line, safe to print.
  public let what: String
  /// The verb that it was said to: `sluice promote`.
  public let place: String
  /// The remedies, one line each: `Did you mean --ticket?`, `See: sluice promote --help`.
  public let remedies: [String]

  public init(what: String, place: String, remedies: [String]) {
    self.what = PrintableText.escaped(what)
    self.place = PrintableText.escaped(place)
    self.remedies = remedies.map { PrintableText.escaped($0) }
  }

  public var description: String {
    let indent = "\n        "
    return "\(place): \(what).\(remedies.map { indent + $0 }.joined())"
  }
}

extension CommandLevel {
  /// An error here, with where to read on.
  func error(_ what: String, _ remedies: String...) -> UsageError {
    UsageError(
      what: what, place: title, remedies: remedies.filter { !$0.isEmpty } + ["See: \(title) --help"]
    )
  }

  func unknownOption(_ spelling: String) -> UsageError {
    let names = visibleOptions.map { "--\($0.name)" }
    let nearest = EditDistance.nearest(to: spelling, among: names)
    return error(
      "unknown option \(Self.shown(spelling))", nearest.map { "Did you mean \($0)?" } ?? "")
  }

  func unknownCommand(_ word: String) -> UsageError {
    let names = visibleSubcommands.map(\.name)
    var remedy = ""
    if let nearest = EditDistance.nearest(to: word, among: names) {
      remedy = "Did you mean \(title) \(nearest)?"
    } else if let elsewhere = CommandLevel(program).tree().first(where: { $0.command?.name == word }
    ) {
      remedy = "Did you mean \(elsewhere.title)?"
    } else if names.count <= 8 {
      remedy = "It is one of: \(names.joined(separator: ", "))."
    }
    return error("unknown command \(Self.shown(word))", remedy)
  }

  /// A word of the user's, quoted unless it is plainly a word.
  static func shown(_ word: String) -> String {
    let isPlain = !word.isEmpty && word.allSatisfy { !$0.isWhitespace }
    let text = PrintableText.escaped(word, limit: 60)
    return isPlain ? text : "\"\(text)\""
  }
}
