import SluiceSystem

/// The output of one of OpenClaw's commands, and how the command ended. The exit code alone is
/// never an answer.
struct CommandOutput: Sendable {
  /// Nil when a signal or the deadline ended it.
  var exit: Int32?
  var standardOutput: [UInt8]
  var standardError: [UInt8]
  var timedOut = false
  var wasTruncated = false
  /// The command answered, did not end, and was ended.
  var endedAfterAnswer = false
  /// Standard output as an answer with noise around it.
  let written: ProgramText
  let documents: [[UInt8]]

  init(
    exit: Int32?, standardOutput: [UInt8], standardError: [UInt8], timedOut: Bool = false,
    wasTruncated: Bool = false, endedAfterAnswer: Bool = false
  ) {
    self.exit = exit
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.timedOut = timedOut
    self.wasTruncated = wasTruncated
    self.endedAfterAnswer = endedAfterAnswer
    written = ProgramText(wasTruncated || timedOut ? [] : standardOutput)
    documents = written.documents
  }

  init(_ outcome: ProcessOutcome) {
    var exit: Int32?
    if case .exited(let code) = outcome.termination { exit = code }
    self.init(
      exit: exit, standardOutput: outcome.standardOutput, standardError: outcome.standardError,
      timedOut: outcome.timedOut, wasTruncated: outcome.outputTruncated,
      endedAfterAnswer: outcome.endedAfterAnswer)
    if case .signalled(let signal) = outcome.termination { ending = "signal \(signal)" }
  }

  /// How it ended, for a message.
  private(set) var ending: String {
    get { endingText ?? exit.map { "exit code \($0)" } ?? "no exit code" }
    set { endingText = newValue }
  }
  private var endingText: String?

  var text: String { written.text }
  var errorText: String { ProgramText(standardError).text }

  /// Exit code 0; or the program had answered, and was ended because it did not exit.
  var succeeded: Bool { exit == 0 || endedAfterAnswer }

  // MARK: The one document

  /// The one document of a shape that the output holds. Other documents and lines around it are
  /// noise. Nil where none is, or where two differ.
  func decode<Value: Decodable>(_ type: Value.Type) -> Value? {
    // An answer that is no object, such as a list, has nothing around it.
    documents.isEmpty ? JSONText.decode(type, written.bytes) : reading(of: type)?.value
  }

  /// The value, with its index among `documents`.
  private func reading<Value: Decodable>(of type: Value.Type) -> (value: Value, index: Int)? {
    var found: (value: Value, index: Int)?
    for (index, document) in documents.enumerated() {
      guard let value = JSONText.decode(type, document) else { continue }
      if let found {
        guard ProgramText.compact(documents[found.index]) == ProgramText.compact(document) else {
          return nil
        }
      } else {
        found = (value, index)
      }
    }
    return found
  }

  /// How many different documents of a shape stand there: more than one is no answer.
  func count<Value: Decodable>(of type: Value.Type) -> Int {
    Set(documents.filter { JSONText.decode(type, $0) != nil }.map(ProgramText.compact)).count
  }

  /// A peculiarity of a valid answer, for a person; nil when there is none.
  func note<Value: Decodable>(on type: Value.Type) -> String? {
    var notes: [String] = []
    if endedAfterAnswer { notes.append("it answered, did not exit, and was ended") }
    if let index = reading(of: type)?.index, let noise = written.noise(around: index) {
      notes.append("\(noise.bytes) bytes stand around its answer: \(noise.start.shown)")
    }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
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
    if documents.count > 1, fault == nil {
      return "it wrote \(documents.count) JSON documents, and which is the answer cannot be told"
    }
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
