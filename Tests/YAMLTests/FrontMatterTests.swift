import Foundation
import Testing

@testable import SluiceYAML

/// The reading of a file by OpenClaw 2026.9.6.
struct FrontMatterVector: Decodable, Sendable, CustomTestStringConvertible {
  let text: String
  /// Why it left the skill out; nil when it loaded it.
  let error: String?
  let name: String?
  let description: String?
  let userInvocable: String?

  var testDescription: String { text.debugDescription }

  static func read(_ path: String) throws -> [FrontMatterVector] {
    try JSONDecoder().decode(
      [FrontMatterVector].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// How the reader here differs; nil when it does not.
  var difference: String? {
    let fields: [String: String]
    var structured: Set<String> = []
    do {
      let read = try FrontMatter.read(Array(text.utf8), file: "SKILL.md")
      fields = read?.fields ?? [:]
      structured = read?.structured ?? []
      let isList = read?.structured.contains("description") == true
      if fields["description", default: ""].isEmpty, !isList {
        return error == nil ? "no description here, \(description ?? "") there" : nil
      }
      // A list is a text there; nobody needs its letters.
      if isList { return error.map { "loaded here, \($0) there" } }
    } catch let fault {
      return error == nil ? "refused here (\(fault.message)), loaded there" : nil
    }
    if let error { return "loaded here, \(error) there" }
    for (key, own, wanted) in [
      ("name", fields["name"].flatMap { $0.isEmpty ? nil : $0 } ?? "folder", name),
      ("description", fields["description"], description),
      ("user-invocable", fields["user-invocable"], userInvocable),
    ] where own != wanted && !structured.contains(key) {
      return "\(key) is \(own ?? "nil") here, \(wanted ?? "nil") there"
    }
    return nil
  }
}

@Suite("Front matter, as OpenClaw reads it")
struct FrontMatterTests {
  @Test("What the real reader was recorded to load is loaded, and what it refused is refused")
  func vectors() throws {
    let path = try #require(
      Bundle.module.path(forResource: "Fixtures/front-matter", ofType: "json"))
    let vectors = try FrontMatterVector.read(path)
    #expect(vectors.count > 150)
    for vector in vectors {
      #expect(
        vector.difference == nil, "\(vector.text.debugDescription): \(vector.difference ?? "")")
    }
  }

  @Test("A fault is told with the file's own line and what to do about it")
  func faults() throws {
    for (text, line, words) in [
      ("---\nname: x\n\nother: a: b\ndescription: y\n---\n", 4, "mapping values"),
      ("---\nname: x\nname: y\ndescription: z\n---\n", 3, "\"name\" is there twice"),
      ("---\nname: x\ndescription: y\n", 1, "does not end"),
      ("---\n- x\n---\n", 2, "holds no settings"),
      // Read to its end it would take libyaml hours.
      ("---\nname: x\na: \(String(repeating: "[", count: 500_000))\n---\n", 3, "100 deep"),
      ("---\na:\n  \(String(repeating: "- ", count: 101))x\n---\n", 3, "100 deep"),
    ] {
      let error = try #require(throws: YAMLError.self) {
        _ = try FrontMatter.read(Array(text.utf8), file: "a/SKILL.md")
      }
      #expect(error.file == "a/SKILL.md" && error.position.line == line, "\(error)")
      #expect(error.message.contains(words) && !error.remedy.isEmpty, "\(error)")
    }
  }

  @Test("It begins in the first line: an empty one before it makes it text")
  func firstLine() throws {
    let matter = "---\nname: x\ndescription: y\n---\n"
    for start in ["", "\u{feff}"] {
      #expect(try FrontMatter.read(Array((start + matter).utf8), file: "f")?.fields["name"] == "x")
    }
    for start in ["\n", "\r\n", "\r", " ", "\u{feff}\n", "text\n"] {
      #expect(try FrontMatter.read(Array((start + matter).utf8), file: "f") == nil, "\(start)")
    }
  }

  @Test("Lines end as they do anywhere, and one of blanks and tabs is an empty one")
  func lineEnds() throws {
    for end in ["\n", "\r\n", "\r"] {
      for empty in ["", " ", "\t", " \t\t "] {
        let lines = ["---", "name: x", empty, "description: y", "---", "text"]
        let matter = try #require(
          try FrontMatter.read(Array(lines.joined(separator: end).utf8), file: "f"))
        #expect(matter.fields == ["name": "x", "description": "y"])
        #expect(matter.lines == ["name": 2, "description": 4])
      }
    }
  }

  @Test("A setting's own line is known")
  func lines() throws {
    let text = "---\n# first\nname: x\n\ndescription: y\n---\n"
    let matter = try #require(try FrontMatter.read(Array(text.utf8), file: "SKILL.md"))
    #expect(matter.lines == ["name": 3, "description": 5])
  }
}
