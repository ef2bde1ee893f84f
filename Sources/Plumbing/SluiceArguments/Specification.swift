/// The completions that a shell offers for a value.
public enum CompletionKind: Sendable, Equatable {
  case none
  case file
  case directory
  case values([String])
}

/// An option: `--ticket ID`, or a flag when it has no value.
public struct OptionSpec: Sendable {
  /// Without the dashes: `ticket`.
  public var name: String
  public var short: Character?
  /// The name of the value in help (`ID`); nil makes the option a flag.
  public var valueName: String?
  public var help: String
  /// The value of an absent option; shown in help.
  public var defaultValue: String?
  public var isRepeatable: Bool
  public var isRequired: Bool
  /// The only values allowed; empty allows any.
  public var choices: [String]
  /// Bytes that a value may have at the most; nil: as many as the system lets through.
  public var maximumBytes: Int?
  public var completion: CompletionKind
  /// Understood, but in no help, completion or manual page.
  public var isHidden: Bool

  public init(
    _ name: String, short: Character? = nil, valueName: String? = nil, help: String,
    defaultValue: String? = nil, isRepeatable: Bool = false, isRequired: Bool = false,
    choices: [String] = [], maximumBytes: Int? = nil, completion: CompletionKind = .none,
    isHidden: Bool = false
  ) {
    self.name = name
    self.short = short
    self.valueName = valueName
    self.help = help
    self.defaultValue = defaultValue
    self.isRepeatable = isRepeatable
    self.isRequired = isRequired
    self.choices = choices
    self.maximumBytes = maximumBytes
    self.completion = completion
    self.isHidden = isHidden
  }

  static let help = OptionSpec("help", short: "h", help: "show this help; does nothing else")
  static let version = OptionSpec("version", help: "show the version; does nothing else")

  var isFlag: Bool { valueName == nil }
  /// As it is typed, the long form last: `["-t", "--ticket"]`.
  var spellings: [String] { (short.map { ["-\($0)"] } ?? []) + ["--\(name)"] }
  var offered: CompletionKind { choices.isEmpty ? completion : .values(choices) }
}

/// An argument without a name of its own on the command line, found by its place.
public struct ArgumentSpec: Sendable {
  /// As help shows it: `PLAN`.
  public var name: String
  public var help: String
  public var isRequired: Bool
  /// Takes all that follow; only the last argument may.
  public var isRepeatable: Bool
  /// The only values allowed; empty allows any.
  public var choices: [String]
  public var completion: CompletionKind

  public init(
    _ name: String, help: String, isRequired: Bool = true, isRepeatable: Bool = false,
    choices: [String] = [], completion: CompletionKind = .none
  ) {
    self.name = name
    self.help = help
    self.isRequired = isRequired
    self.isRepeatable = isRepeatable
    self.choices = choices
    self.completion = completion
  }

  var offered: CompletionKind { choices.isEmpty ? completion : .values(choices) }
}

/// A command line to learn from. `ProgramSpec.problems()` parses it, so that it stays true.
public struct Example: Sendable {
  /// Whole, with the program's name: `sluice promote 7f3a91c2`.
  public var command: String
  public var explanation: String

  public init(_ command: String, _ explanation: String) {
    self.command = command
    self.explanation = explanation
  }
}

/// A verb: either with arguments or with verbs of its own below it.
public struct CommandSpec: Sendable {
  public var name: String
  /// The verb's purpose in one line; the first line of its help.
  public var abstract: String
  /// Paragraphs, separated by an empty line.
  public var discussion: String
  /// The heading under which help lists it.
  public var group: String
  public var arguments: [ArgumentSpec]
  /// Understood by its subcommands as well.
  public var options: [OptionSpec]
  public var examples: [Example]
  public var subcommands: [CommandSpec]
  /// With subcommands: does the verb alone do something too?
  public var runsAlone: Bool
  public var exitCodes: [(Int32, String)]
  public var isHidden: Bool

  public init(
    _ name: String, abstract: String, discussion: String = "", group: String = "",
    arguments: [ArgumentSpec] = [], options: [OptionSpec] = [], examples: [Example] = [],
    subcommands: [CommandSpec] = [], runsAlone: Bool = false,
    exitCodes: [(Int32, String)] = [], isHidden: Bool = false
  ) {
    self.name = name
    self.abstract = abstract
    self.discussion = discussion
    self.group = group
    self.arguments = arguments
    self.options = options
    self.examples = examples
    self.subcommands = subcommands
    self.runsAlone = runsAlone
    self.exitCodes = exitCodes
    self.isHidden = isHidden
  }
}

/// A whole command line. Parsing, help, completions and the manual page all come from this value.
public struct ProgramSpec: Sendable {
  public var name: String
  public var version: String
  /// The program's purpose in one line.
  public var abstract: String
  /// Paragraphs, separated by an empty line.
  public var discussion: String
  /// Understood before and after every verb.
  public var globalOptions: [OptionSpec]
  public var commands: [CommandSpec]
  public var examples: [Example]
  public var exitCodes: [(Int32, String)]
  /// Environment variables and files: for the manual page.
  public var environment: [(name: String, help: String)]
  public var files: [(path: String, help: String)]

  public init(
    _ name: String, version: String, abstract: String, discussion: String = "",
    globalOptions: [OptionSpec] = [], commands: [CommandSpec], examples: [Example] = [],
    exitCodes: [(Int32, String)] = [], environment: [(name: String, help: String)] = [],
    files: [(path: String, help: String)] = []
  ) {
    self.name = name
    self.version = version
    self.abstract = abstract
    self.discussion = discussion
    self.globalOptions = globalOptions
    self.commands = commands
    self.examples = examples
    self.exitCodes = exitCodes
    self.environment = environment
    self.files = files
  }
}
