/// The settings before a Markdown file's text, between two lines `---`, as OpenClaw 2026.9 reads
/// them: first strict YAML, then quotes around a free text that is no YAML, and line by line the
/// keys that YAML leaves empty. A file that OpenClaw's reader refuses is refused here.
public struct FrontMatter: Sendable {
  /// The keys' values as text, without blanks around them. Lists and mappings are left out.
  public let fields: [String: String]
  /// Keys whose value is a list or a mapping.
  public let structured: Set<String>
  /// The line of each key in the file; lines count from 1.
  public let lines: [String: Int]

  /// - Parameter file: the name for messages.
  /// - Returns: nil when the file does not begin with a line `---`.
  public static func read(_ bytes: [UInt8], file: String) throws(YAMLError) -> FrontMatter? {
    let lines = Self.lines(of: bytes)
    guard lines.count > 1, isFence(lines[0]) else { return nil }
    guard let end = lines.dropFirst().firstIndex(where: isFence) else {
      throw YAMLError(
        file: file, position: .start, message: "the front matter does not end",
        remedy: "Write a line --- behind its last setting.")
    }
    // Nothing at all between the two lines is no fault.
    guard end > 1 else { return FrontMatter(fields: [:], structured: [], lines: [:]) }
    let block = Array(lines[1..<end])
    do throws(YAMLError) { return try recovering(block, file: file) } catch {
      let place = YAMLPosition(line: error.position.line + 1, column: error.position.column)
      throw YAMLError(
        file: file, position: place, message: "the front matter is no YAML: \(error.message)",
        remedy: error.remedy)
    }
  }

  private static func recovering(
    _ block: [String], file: String
  ) throws(YAMLError) -> FrontMatter {
    let fallback = LineSettings(block)
    var text = block
    var attempt = FrontMatterBlock.read(text, file: file)
    for _ in FreeText.keys {
      guard case .failure(let fault) = attempt else { break }
      guard let mended = FreeText.quoting(text, at: fault) else { break }
      text = mended
      attempt = FrontMatterBlock.read(text, file: file)
    }
    do { return merge(try attempt.get().entries, fallback) } catch { throw error.error }
  }

  private static func merge(
    _ entries: [FrontMatterBlock.Entry], _ fallback: LineSettings
  ) -> FrontMatter {
    var fields: [String: String] = [:]
    var structured: Set<String> = []
    var lines: [String: Int] = [:]
    for entry in entries {
      let key = entry.key.trimmedAsScript
      guard !key.isEmpty else { continue }
      lines[key] = entry.line + 1
      switch entry.value {
      case .text(let text): fields[key] = text.trimmedAsScript
      case .nothing: continue
      case .structured:
        if let written = fallback.values[key], fallback.withColon.contains(key) {
          fields[key] = written
        } else {
          structured.insert(key)
        }
      }
    }
    for (key, value) in fallback.values where fields[key] == nil && !structured.contains(key) {
      fields[key] = value
    }
    return FrontMatter(fields: fields, structured: structured, lines: lines)
  }

  /// Whatever ends a line; bytes that are no text are replaced.
  private static func lines(of bytes: [UInt8]) -> [String] {
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var followsReturn = false
    for (index, scalar) in String(decoding: bytes, as: UTF8.self).unicodeScalars.enumerated() {
      if index == 0, scalar == "\u{FEFF}" { continue }
      let endsWithReturn = scalar == "\n" && followsReturn
      followsReturn = scalar == "\r"
      if endsWithReturn { continue }
      if scalar == "\n" || scalar == "\r" {
        lines.append(String(line))
        line = String.UnicodeScalarView()
      } else {
        line.append(scalar)
      }
    }
    return lines + [String(line)]
  }

  private static func isFence(_ line: String) -> Bool {
    line.unicodeScalars.starts(with: "---".unicodeScalars)
      && line.unicodeScalars.dropFirst(3).allSatisfy(\.isBlankInScript)
  }
}

/// `key: value` line by line, without any grammar.
struct LineSettings {
  private(set) var values: [String: String] = [:]
  /// Keys whose line holds another colon in its value.
  private(set) var withColon: Set<String> = []

  init(_ block: [String]) {
    var index = 0
    while index < block.count {
      defer { index += 1 }
      guard let (key, raw) = KeyLine.split(block[index], quoted: false) else { continue }
      if raw.contains(":") { withColon.insert(key) }
      var value = raw.trimmedAsScript
      if value.isEmpty, index + 1 < block.count, Self.isIndented(block[index + 1]) {
        var lines: [String] = []
        while index + 1 < block.count,
          block[index + 1].isEmpty || Self.isIndented(block[index + 1])
        {
          index += 1
          lines.append(block[index])
        }
        value = lines.joined(separator: "\n").trimmedAsScript
      } else {
        value = value.withoutQuotes
      }
      if !value.isEmpty { values[key] = value }
    }
  }

  private static func isIndented(_ line: String) -> Bool {
    line.utf8.first == UInt8(ascii: " ") || line.utf8.first == UInt8(ascii: "\t")
  }
}
