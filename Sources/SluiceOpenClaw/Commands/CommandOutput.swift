import SluiceSystem

/// What a command of OpenClaw's wrote, and how it ended. The exit code alone is never an answer.
struct CommandOutput: Sendable {
  /// Nil when a signal or the deadline ended it.
  var exit: Int32?
  var standardOutput: [UInt8]
  var standardError: [UInt8]
  var timedOut = false
  var wasTruncated = false

  init(
    exit: Int32?, standardOutput: [UInt8], standardError: [UInt8], timedOut: Bool = false,
    wasTruncated: Bool = false
  ) {
    self.exit = exit
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.timedOut = timedOut
    self.wasTruncated = wasTruncated
  }

  init(_ outcome: ProcessOutcome) {
    var exit: Int32?
    if case .exited(let code) = outcome.termination { exit = code }
    self.init(
      exit: exit, standardOutput: outcome.standardOutput, standardError: outcome.standardError,
      timedOut: outcome.timedOut, wasTruncated: outcome.outputTruncated)
    if case .signalled(let signal) = outcome.termination { ending = "signal \(signal)" }
  }

  /// How it ended, for a message.
  private(set) var ending: String {
    get { endingText ?? exit.map { "exit code \($0)" } ?? "no exit code" }
    set { endingText = newValue }
  }
  private var endingText: String?

  var text: String { String(decoding: standardOutput, as: UTF8.self) }
  var errorText: String { String(decoding: standardError, as: UTF8.self) }

  func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
    wasTruncated || timedOut ? nil : JSONText.decode(type, standardOutput)
  }

  // MARK: Refusals

  struct Fault: Decodable, Sendable {
    let type: String?
    let code: String?
    let message: String
    let retryAfterMs: Int64?

    /// A word, or the number that closed a connection.
    private struct Code: Decodable {
      let text: String?

      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        text = (try? value.decode(String.self)) ?? (try? value.decode(Int.self)).map(String.init)
      }
    }

    private struct Object: Decodable {
      let type: String?
      let code: Code?
      let message: String?
      let reason: String?
      let retryAfterMs: Int64?
    }

    /// `"file not found"` in 2026.7, an object since.
    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        (type, code, message, retryAfterMs) = (nil, nil, text, nil)
        return
      }
      let object = try Object(from: decoder)
      type = object.type
      code = object.code?.text
      message = object.message ?? object.reason ?? "without a message"
      retryAfterMs = object.retryAfterMs
    }
  }

  private struct Failure: Decodable {
    let error: Fault
  }

  /// `{"error": …}` as the program words it: in JSON since 2026.9, and in places before.
  var fault: Fault? { decode(Failure.self)?.error }

  /// The program's own reason, or what it wrote last.
  var reason: String {
    if timedOut { return "it did not end in time" }
    if wasTruncated { return "it wrote too much" }
    let lines = errorText.split(whereSeparator: \.isNewline).map(String.init)
    // An error may be followed by where it happened.
    let told =
      lines.first { line in Self.refusals.contains { line.contains($0) } }
      ?? lines.first { $0.contains("rror: ") }
    return fault?.message ?? told ?? lines.last ?? "it wrote nothing that is JSON"
  }

  private static let refusals = [
    "unknown option", "does not recognize option", "nknown command", "does not know the command",
    "has no command", "lint options require --lint",
  ]

  /// The program does not have this command, or not with these options: an older or newer one.
  var isNotOffered: Bool {
    guard exit != 0 else { return false }
    let said = fault?.message ?? errorText
    return Self.refusals.contains { said.contains($0) }
  }
}
